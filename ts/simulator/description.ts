import { Bootstrap, streamChannel } from '../gige-vision/bootstrap.js'
import { type DescriptionFile, descriptionFile } from './description-file.js'
import { AcquisitionMode, Feature } from './features.js'
import { PIXEL_FORMATS } from './pixel-formats.js'
import { address, type Child, category, enumeration, intReg, masked, node, stringReg } from './xml.js'

/** The file that describes the camera's features to hosts (GenICam), plain or as a zip archive. */
export function description(zipped: boolean): DescriptionFile {
  const nodes = [
    category('Root', Object.keys(CATEGORIES)),
    ...Object.entries(CATEGORIES).flatMap(([name, { features, nodes }]) => [
      category(name, features),
      ...nodes(),
    ]),
  ]
  return descriptionFile(
    { name: 'framewire-simulator', vendor: 'framewire', model: 'Simulator' },
    nodes,
    zipped,
  )
}

const locked: Child = ['pIsLocked', 'TLParamsLocked']
const expert: Child = ['Visibility', 'Expert']

/** The categories by their SFNC names: which features they show, and the nodes that these are made of. */
const CATEGORIES: Record<string, { features: string[]; nodes: () => string[] }> = {
  DeviceControl: {
    features: [
      'DeviceVendorName',
      'DeviceModelName',
      'DeviceVersion',
      'DeviceManufacturerInfo',
      'DeviceSerialNumber',
      'DeviceUserID',
      'DeviceTemperature',
      'DeviceReset',
    ],
    nodes: () => [
      stringReg('DeviceVendorName', Bootstrap.manufacturerName, 32, 'RO'),
      stringReg('DeviceModelName', Bootstrap.modelName, 32, 'RO'),
      stringReg('DeviceVersion', Bootstrap.deviceVersion, 32, 'RO'),
      stringReg('DeviceManufacturerInfo', Bootstrap.manufacturerInfo, 48, 'RO'),
      stringReg('DeviceSerialNumber', Bootstrap.serialNumber, 16, 'RO'),
      stringReg('DeviceUserID', Bootstrap.userDefinedName, 16, 'RW'),
      node('SwissKnife', 'DeviceTemperature', [
        ['pVariable', 'DeviceTemperatureReg', { Name: 'HUNDREDTHS' }],
        ['Formula', 'HUNDREDTHS / 100.0'],
        ['Unit', 'C'],
      ]),
      intReg('DeviceTemperatureReg', Feature.temperature, 'RO', { volatile: true }),
      ...command('DeviceReset', Feature.deviceReset),
    ],
  },
  ImageFormatControl: {
    features: [
      'SensorWidth',
      'SensorHeight',
      'Width',
      'Height',
      'OffsetX',
      'OffsetY',
      'PixelFormat',
      'TestPatternActive',
    ],
    nodes: () => [
      intReg('SensorWidth', Feature.sensorWidth, 'RO'),
      intReg('SensorHeight', Feature.sensorHeight, 'RO'),
      ...extent('Width', Feature.width, 'SensorWidth', 'OffsetX', 1),
      ...extent('Height', Feature.height, 'SensorHeight', 'OffsetY', 1),
      ...extent('OffsetX', Feature.offsetX, 'SensorWidth', 'Width', 0),
      ...extent('OffsetY', Feature.offsetY, 'SensorHeight', 'Height', 0),
      enumeration('PixelFormat', PIXEL_FORMATS, 'PixelFormatReg', [locked]),
      intReg('PixelFormatReg', Feature.pixelFormat),
      node('Boolean', 'TestPatternActive', [
        ['Description', 'Images are a pattern, not a recording'],
        ['pValue', 'TestPatternReg'],
        ['OnValue', 1],
        ['OffValue', 0],
      ]),
      masked('TestPatternReg', Feature.testImage, [31, 31], 'RO'),
    ],
  },
  AcquisitionControl: {
    features: [
      'AcquisitionMode',
      'AcquisitionStart',
      'AcquisitionStop',
      'AcquisitionFrameCount',
      'AcquisitionFrameRate',
      'ExposureTime',
      'TriggerSelector',
      'TriggerMode',
      'TriggerSource',
      'TriggerSoftware',
    ],
    nodes: () => [
      enumeration(
        'AcquisitionMode',
        {
          Continuous: AcquisitionMode.continuous,
          SingleFrame: AcquisitionMode.singleFrame,
          MultiFrame: AcquisitionMode.multiFrame,
        },
        'AcquisitionModeReg',
        [locked],
      ),
      intReg('AcquisitionModeReg', Feature.acquisitionMode),
      ...command('AcquisitionStart', Feature.acquisitionStart),
      ...command('AcquisitionStop', Feature.acquisitionStop),
      node('Integer', 'AcquisitionFrameCount', [
        ['pIsAvailable', 'IsMultiFrame'],
        ['pValue', 'AcquisitionFrameCountReg'],
        ['Min', 1],
        ['Max', 65_535],
      ]),
      node('IntSwissKnife', 'IsMultiFrame', [
        ['pVariable', 'AcquisitionModeReg', { Name: 'MODE' }],
        ['Formula', `MODE = ${AcquisitionMode.multiFrame}`],
      ]),
      intReg('AcquisitionFrameCountReg', Feature.acquisitionFrameCount),
      node('Float', 'AcquisitionFrameRate', [
        ['pValue', 'AcquisitionFrameRateReg'],
        ['Min', '0.01'],
        ['Max', '100000.0'],
        ['Unit', 'Hz'],
      ]),
      node('FloatReg', 'AcquisitionFrameRateReg', [
        ...address(Feature.frameRate, 4, 'RW'),
        ['Endianess', 'BigEndian'],
      ]),
      node('Float', 'ExposureTime', [
        ['pValue', 'ExposureTimeConverter'],
        ['Min', '1.0'],
        ['Max', '10000000.0'],
        ['Unit', 'us'],
      ]),
      node('Converter', 'ExposureTimeConverter', [
        ['FormulaTo', 'FROM * 10'],
        ['FormulaFrom', 'TO / 10.0'],
        ['pValue', 'ExposureTimeReg'],
        ['Slope', 'Increasing'],
      ]),
      intReg('ExposureTimeReg', Feature.exposureTime),
      enumeration('TriggerSelector', { FrameStart: 0 }, undefined),
      enumeration('TriggerMode', { Off: 0, On: 1 }, 'TriggerModeReg'),
      intReg('TriggerModeReg', Feature.triggerMode),
      enumeration('TriggerSource', { Software: 0 }, 'TriggerSourceReg'),
      intReg('TriggerSourceReg', Feature.triggerSource),
      ...command('TriggerSoftware', Feature.triggerSoftware, [['pIsAvailable', 'TriggerModeReg']]),
    ],
  },
  AnalogControl: {
    features: ['Gain'],
    nodes: () => [
      node('Float', 'Gain', [
        ['pValue', 'GainConverter'],
        ['Min', '0.0'],
        ['Max', '48.0'],
        ['Unit', 'dB'],
      ]),
      node('Converter', 'GainConverter', [
        ['FormulaTo', 'FROM * 10'],
        ['FormulaFrom', 'TO / 10.0'],
        ['pValue', 'GainReg'],
        ['Slope', 'Increasing'],
      ]),
      intReg('GainReg', Feature.gain),
    ],
  },
  UserSetControl: {
    features: ['UserSetSelector', 'UserSetLoad'],
    nodes: () => [
      enumeration('UserSetSelector', { Default: 0 }, 'UserSetSelectorReg'),
      intReg('UserSetSelectorReg', Feature.userSetSelector),
      ...command('UserSetLoad', Feature.userSetLoad, [locked]),
    ],
  },
  TransportLayerControl: {
    features: [
      'PayloadSize',
      'TLParamsLocked',
      'GevVersionMajor',
      'GevVersionMinor',
      'GevMACAddress',
      'GevCurrentIPAddress',
      'GevCurrentSubnetMask',
      'GevHeartbeatTimeout',
      'GevTimestampTickFrequency',
      'GevTimestampControlLatch',
      'GevTimestampControlReset',
      'GevTimestampValue',
      'GevCCP',
      'GevStreamChannelSelector',
      'GevSCPHostPort',
      'GevSCDA',
      'GevSCPSFireTestPacket',
      'GevSCPSDoNotFragment',
      'GevSCPSPacketSize',
      'GevSCPD',
      'GevSCSP',
    ],
    nodes: transportLayer,
  },
}

function transportLayer(): string[] {
  const channel = streamChannel(0)
  const plain = (name: string, children: Child[]) => node('Integer', name, [expert, ...children])
  return [
    node('IntSwissKnife', 'PayloadSize', [
      ['pVariable', 'WidthReg', { Name: 'WIDTH' }],
      ['pVariable', 'HeightReg', { Name: 'HEIGHT' }],
      ['pVariable', 'PixelFormatReg', { Name: 'FORMAT' }],
      ['Formula', 'WIDTH * HEIGHT * ((FORMAT >> 16) & 0xFF) / 8'],
      ['Unit', 'B'],
    ]),
    node('Integer', 'TLParamsLocked', [
      ['Visibility', 'Invisible'],
      ['Value', 0],
      ['Min', 0],
      ['Max', 1],
    ]),
    masked('GevVersionMajor', Bootstrap.version, [15, 0], 'RO'),
    masked('GevVersionMinor', Bootstrap.version, [31, 16], 'RO'),
    intReg('GevMACAddress', Bootstrap.macHigh, 'RO', { bytes: 8, representation: 'MACAddress' }),
    intReg('GevCurrentIPAddress', Bootstrap.currentIp, 'RO', { representation: 'IPV4Address' }),
    intReg('GevCurrentSubnetMask', Bootstrap.currentSubnetMask, 'RO', { representation: 'IPV4Address' }),
    plain('GevHeartbeatTimeout', [
      ['pValue', 'GevHeartbeatTimeoutReg'],
      ['Min', 500],
      ['Max', 4_294_967_295],
      ['Unit', 'ms'],
    ]),
    intReg('GevHeartbeatTimeoutReg', Bootstrap.heartbeatTimeout),
    intReg('GevTimestampTickFrequency', Bootstrap.timestampFrequencyHigh, 'RO', { bytes: 8 }),
    ...commandBit('GevTimestampControlLatch', 'GevTimestampControlReg', 2),
    ...commandBit('GevTimestampControlReset', 'GevTimestampControlReg', 1),
    intReg('GevTimestampControlReg', Bootstrap.timestampControl, 'WO'),
    intReg('GevTimestampValue', Bootstrap.timestampHigh, 'RO', { bytes: 8, volatile: true }),
    enumeration('GevCCP', { OpenAccess: 0, ExclusiveAccess: 1, ControlAccess: 2 }, 'GevCCPReg', [expert]),
    intReg('GevCCPReg', Bootstrap.controlChannelPrivilege, 'RW', { volatile: true }),
    node('Integer', 'GevStreamChannelSelector', [expert, ['Value', 0], ['Min', 0], ['Max', 0]]),
    masked('GevSCPHostPort', channel.port, [31, 16], 'RW'),
    intReg('GevSCDA', channel.destination, 'RW', { representation: 'IPV4Address' }),
    node('Boolean', 'GevSCPSFireTestPacket', [
      expert,
      ['pValue', 'FireTestPacketReg'],
      ['OnValue', 1],
      ['OffValue', 0],
    ]),
    masked('FireTestPacketReg', channel.packetSize, [0, 0], 'RW'),
    node('Boolean', 'GevSCPSDoNotFragment', [
      expert,
      locked,
      ['pValue', 'DoNotFragmentReg'],
      ['OnValue', 1],
      ['OffValue', 0],
    ]),
    masked('DoNotFragmentReg', channel.packetSize, [1, 1], 'RW'),
    plain('GevSCPSPacketSize', [
      locked,
      ['pValue', 'PacketSizeReg'],
      ['Min', 64],
      ['Max', 16_260],
      ['Inc', 4],
      ['Unit', 'B'],
    ]),
    masked('PacketSizeReg', channel.packetSize, [31, 16], 'RW'),
    intReg('GevSCPD', channel.packetDelay),
    masked('GevSCSP', channel.sourcePort, [31, 16], 'RO'),
  ]
}

/** A length or a place along an axis of the sensor: together with the other it ends within the sensor. */
function extent(name: string, register: number, sensor: string, other: string, min: number): string[] {
  return [
    node('Integer', name, [
      locked,
      ['pValue', `${name}Reg`],
      ['Min', min],
      ['pMax', `${name}Max`],
      ['Inc', 1],
    ]),
    node('IntSwissKnife', `${name}Max`, [
      ['pVariable', sensor, { Name: 'SENSOR' }],
      ['pVariable', `${other}Reg`, { Name: 'OTHER' }],
      ['Formula', 'SENSOR - OTHER'],
    ]),
    intReg(`${name}Reg`, register),
  ]
}

/** A command by a register in which 1 means: do it. */
export function command(name: string, register: number, children: Child[] = []): string[] {
  return [...commandBit(name, `${name}Reg`, 1, children), intReg(`${name}Reg`, register)]
}

function commandBit(name: string, register: string, value: number, children: Child[] = []): string[] {
  return [node('Command', name, [...children, ['pValue', register], ['CommandValue', value]])]
}
