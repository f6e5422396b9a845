/** Addresses of the registers that every device has, by their names in the standard. Each has 4 bytes unless said. */
export const Bootstrap = {
  version: 0x0000,
  deviceMode: 0x0004,
  /** The first two bytes of the MAC address, in the lower half. */
  macHigh: 0x0008,
  macLow: 0x000c,
  supportedIpConfiguration: 0x0010,
  currentIpConfiguration: 0x0014,
  currentIp: 0x0024,
  currentSubnetMask: 0x0034,
  currentGateway: 0x0044,
  /** Text of 32 bytes. */
  manufacturerName: 0x0048,
  /** Text of 32 bytes. */
  modelName: 0x0068,
  /** Text of 32 bytes. */
  deviceVersion: 0x0088,
  /** Text of 48 bytes. */
  manufacturerInfo: 0x00a8,
  /** Text of 16 bytes. */
  serialNumber: 0x00d8,
  /** Text of 16 bytes. */
  userDefinedName: 0x00e8,
  /** Where the device's XML is: text of {@link URL_BYTES}. */
  firstUrl: 0x0200,
  /** Another place of it. */
  secondUrl: 0x0400,
  networkInterfaces: 0x0600,
  persistentIp: 0x064c,
  persistentSubnetMask: 0x065c,
  persistentGateway: 0x066c,
  /** Mbit/s. */
  linkSpeed: 0x0670,
  messageChannels: 0x0900,
  streamChannels: 0x0904,
  actionSignals: 0x0908,
  gvspCapability: 0x092c,
  messageCapability: 0x0930,
  /** Bits of {@link GvcpCapability}. */
  gvcpCapability: 0x0934,
  /** Ms without a command after which the device takes control away. */
  heartbeatTimeout: 0x0938,
  /** Ticks of the device's clock in a second; 0 in both where it has none. */
  timestampFrequencyHigh: 0x093c,
  timestampFrequencyLow: 0x0940,
  /** Bits of {@link TimestampControl}. */
  timestampControl: 0x0944,
  /** The time that was latched, in ticks. */
  timestampHigh: 0x0948,
  timestampLow: 0x094c,
  discoveryAckDelay: 0x0950,
  gvcpConfiguration: 0x0954,
  /** Ms that the slowest command takes before a PENDING_ACK. */
  pendingTimeout: 0x0958,
  controlSwitchoverKey: 0x095c,
  gvspConfiguration: 0x0960,
  /** CCP, who is in control: bits of {@link ControlPrivilege}. */
  controlChannelPrivilege: 0x0a00,
  /** UDP port of the host in control. */
  primaryApplicationPort: 0x0a04,
  /** IP address of the host in control. */
  primaryApplicationIp: 0x0a14,
  messagePort: 0x0b00,
  messageDestination: 0x0b10,
  messageTimeout: 0x0b14,
  messageRetries: 0x0b18,
  messageSourcePort: 0x0b1c,
  /** The list of the device's XML files, 512 bytes. */
  manifestTable: 0x9000,
} as const

/** Bytes of a URL register. */
export const URL_BYTES = 512
/** The UDP port of a device. */
export const GVCP_PORT = 3956
/** Bytes of memory that one command reads or writes at most. */
export const MAX_MEMORY_BYTES = 536

/** Bits of the register CCP. All clear: nobody is in control. */
export const ControlPrivilege = {
  /** One host alone; others cannot even read. */
  exclusive: 0x1,
  /** One host; others can read. */
  control: 0x2,
  /** Another host may take over with the key. */
  switchover: 0x4,
} as const

/** Bits of what a device can do on its control channel. */
export const GvcpCapability = {
  userDefinedName: 0x8000_0000,
  serialNumber: 0x4000_0000,
  heartbeatDisable: 0x2000_0000,
  linkSpeed: 0x1000_0000,
  /** Port and address of the host in control can be read. */
  primaryApplication: 0x0800_0000,
  /** Test packets hold the standard's pseudo-random data. */
  testData: 0x0200_0000,
  pendingAck: 0x20,
  eventData: 0x10,
  event: 0x8,
  packetResend: 0x4,
  writeMemory: 0x2,
  /** Several registers in one command. */
  concatenation: 0x1,
} as const

/** Bits of what to do with the device's clock. */
export const TimestampControl = {
  /** Keep the time of now, to be read. */
  latch: 0x2,
  /** Begin at 0. */
  reset: 0x1,
} as const

/** Addresses of the registers of stream channel `index`, 0 to 511. */
export function streamChannel(index: number) {
  const at = 0x0d00 + 0x40 * index
  return {
    /** SCP, the host's UDP port; 0 closes the channel. */
    port: at,
    /** SCPS: bytes of a whole IP packet, and bits of {@link PacketSize}. */
    packetSize: at + 0x04,
    /** SCPD, ticks of the device's clock between packets. */
    packetDelay: at + 0x08,
    /** SCDA, the host's IP address. */
    destination: at + 0x18,
    /** SCSP, the UDP port from which the stream comes. */
    sourcePort: at + 0x1c,
    /** SCC, what the channel can do. */
    capability: at + 0x20,
    /** SCCFG, what of it is on. */
    configuration: at + 0x24,
  } as const
}

/** Bits of the register SCPS, whose lower half is the packet size. */
export const PacketSize = {
  /** Send one test packet of this size, at once. */
  fireTest: 0x8000_0000,
  /** Forbid routers to cut packets. Without it a test packet proves nothing. */
  doNotFragment: 0x4000_0000,
  /** Pixels of two bytes are big-endian. */
  bigEndianPixels: 0x2000_0000,
} as const

/** Status codes that a host acts upon, or a device answers with. */
export const Status = {
  success: 0x0000,
  /** On the packet of a block: it is sent again. */
  packetResend: 0x0100,
  notImplemented: 0x8001,
  invalidParameter: 0x8002,
  invalidAddress: 0x8003,
  writeProtect: 0x8004,
  badAlignment: 0x8005,
  accessDenied: 0x8006,
  busy: 0x8007,
  packetUnavailable: 0x800c,
  invalidHeader: 0x800e,
  packetNotYetAvailable: 0x8010,
  packetRemovedFromMemory: 0x8012,
  packetTemporarilyUnavailable: 0x8014,
  error: 0x8fff,
} as const
