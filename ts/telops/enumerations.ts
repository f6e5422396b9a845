/** Values of the camera's enumerations, by its own names. */

export const CalibrationMode = {
  RAW0: 0,
  RAW: 255,
  NUC: 1,
  RT: 2,
  IBR: 3,
  IBI: 4,
} as const

export const ExposureAuto = {
  OFF: 0,
  ONCE: 1,
  CONTINUOUS: 2,
} as const

export const ExposureMode = {
  OFF: 0,
  TIMED: 1,
  TRIGGER_WIDTH: 2,
  TRIGGER_CONTROLLED: 3,
} as const

export const AcquisitionMode = {
  CONTINUOUS: 0,
  SINGLE_FRAME: 1,
  MULTI_FRAME: 2,
} as const

export const TriggerSelector = {
  ACQUISITION_START: 0,
  FLAGGING: 1,
  GATING: 2,
} as const

export const TriggerMode = {
  OFF: 0,
  ON: 1,
} as const

export const TriggerSource = {
  SOFTWARE: 0,
  EXTERNAL_SIGNAL: 48,
} as const

export const TriggerActivation = {
  RISING_EDGE: 0,
  FALLING_EDGE: 1,
  ANY_EDGE: 2,
  LEVEL_HIGH: 3,
  LEVEL_LOW: 4,
} as const

export const MemoryBufferMode = {
  OFF: 0,
  ON: 1,
} as const

export const MemoryBufferStatus = {
  DEACTIVATED: 0,
  IDLE: 1,
  HOLDING: 2,
  RECORDING: 3,
  UPDATING: 4,
  TRANSMITTING: 5,
  DEFRAGGING: 6,
  REFRESH: 255,
} as const

export const MemoryBufferDownloadMode = {
  OFF: 0,
  SEQUENCE: 1,
  IMAGE: 2,
} as const

export const MemoryBufferMOISource = {
  ACQUISITION_STARTED: 0,
  SOFTWARE: 1,
  EXTERNAL_SIGNAL: 2,
  NONE: 255,
} as const

export const MemoryBufferMOIActivation = {
  RISING_EDGE: 0,
  FALLING_EDGE: 1,
  ANY_EDGE: 2,
} as const

export const IntegrationMode = {
  INTEGRATE_THEN_READ: 0,
  INTEGRATE_WHILE_READ: 1,
} as const

export const DetectorMode = {
  NORMAL: 0,
  BURST: 1,
} as const

export const SensorWellDepth = {
  LOW_GAIN: 0,
  HIGH_GAIN: 1,
} as const

export const DevicePowerState = {
  STANDBY: 0,
  ON: 1,
  IN_TRANSITION: 2,
} as const

export const PixelFormat = {
  MONO8: 0x01080001,
  MONO16: 0x01100007,
  MONO10: 0x01100003,
  MONO12: 0x01100005,
  MONO14: 0x01100025,
} as const

export const ImageCorrectionMode = {
  BLACK_BODY: 0,
  ICU: 1,
} as const

export const TestImageSelector = {
  OFF: 0,
  STATIC_SHADE: 30,
  DYNAMIC_SHADE: 31,
  CONSTANT_VALUE: 35,
} as const

export const FrameRateMode = {
  FIXED_LOCKED: 0,
  FIXED: 1,
  MAXIMUM: 2,
  BURST: 3,
} as const

export const TemperatureLocation = {
  SENSOR: 0,
  MAINBOARD: 1,
  INTERNAL_LENS: 2,
  EXTERNAL_LENS: 3,
  ICU: 4,
  FILTER_WHEEL: 5,
  COMPRESSOR: 6,
  COLD_FINGER: 7,
  SPARE: 8,
  EXTERNAL_THERMISTOR: 9,
  PROCESSING_FPGA: 10,
  OUTPUT_FPGA: 11,
  STORAGE_FPGA: 12,
} as const

export const VoltageLocation = {
  COOLER: 10,
  SUPPLY_24V: 11,
} as const

export const CurrentLocation = {
  COOLER: 0,
  SUPPLY_24V: 1,
} as const

export const CalibrationCollectionType = {
  TELOPS_FIXED: 0,
} as const

export const TDCStatusBit = {
  WAITING_FOR_COOLER: 0x0001,
  WAITING_FOR_SENSOR: 0x0002,
  WAITING_FOR_INIT: 0x0004,
  WAITING_FOR_ICU: 0x0010,
  WAITING_FOR_ND_FILTER: 0x0020,
  WAITING_FOR_CAL_INIT: 0x0040,
  WAITING_FOR_FILTER_WHEEL: 0x0080,
  WAITING_FOR_ARM: 0x0100,
  WAITING_FOR_VALID_PARAMS: 0x0200,
  ACQUISITION_STARTED: 0x0400,
  WAITING_FOR_CAL_DATA: 0x1000,
  WAITING_FOR_IMAGE_CORRECTION: 0x2000,
  WAITING_FOR_OUTPUT_FPGA: 0x4000,
  WAITING_FOR_POWER_ON: 0x8000,
  WAITING_FOR_FLASH_SETTINGS: 0x10000,
} as const
