import * as values from '../../telops/enumerations.js'
import type { RegisterName } from '../../telops/registers.js'

/** The values that registers of type `enum` take, by their names. */
export const CHOICES: Partial<Record<RegisterName, Readonly<Record<string, number>>>> = {
  PixelFormat: { MONO16: values.PixelFormat.MONO16 },
  AcquisitionMode: values.AcquisitionMode,
  ExposureMode: values.ExposureMode,
  ExposureAuto: values.ExposureAuto,
  SensorWellDepth: values.SensorWellDepth,
  IntegrationMode: values.IntegrationMode,
  CalibrationMode: values.CalibrationMode,
  DetectorMode: values.DetectorMode,
  TriggerSelector: values.TriggerSelector,
  TriggerMode: values.TriggerMode,
  TriggerSource: values.TriggerSource,
  TriggerActivation: values.TriggerActivation,
  MemoryBufferMode: values.MemoryBufferMode,
  MemoryBufferDownloadMode: values.MemoryBufferDownloadMode,
  MemoryBufferMOISource: values.MemoryBufferMOISource,
  MemoryBufferMOIActivation: values.MemoryBufferMOIActivation,
  MemoryBufferStatus: values.MemoryBufferStatus,
  DevicePowerStateSetpoint: { STANDBY: values.DevicePowerState.STANDBY, ON: values.DevicePowerState.ON },
  DevicePowerState: values.DevicePowerState,
  DeviceLedIndicatorState: { OFF: 0, ON: 1 },
  ImageCorrectionMode: values.ImageCorrectionMode,
  TestImageSelector: values.TestImageSelector,
  FrameRateMode: values.FrameRateMode,
  DeviceTemperatureSelector: values.TemperatureLocation,
  DeviceVoltageSelector: values.VoltageLocation,
  DeviceCurrentSelector: values.CurrentLocation,
  CalCollectionType: values.CalibrationCollectionType,
}
