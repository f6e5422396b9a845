/** Who a device is: its bootstrap registers 0x0000 to 0x00F7, as a discovery acknowledge brings them. */
export interface DeviceIdentity {
  /** Version of GigE Vision, such as `2.0`; `0.0` from some simulators. */
  version: string
  /** Hardware address, such as `00:07:48:1a:2b:3c`. */
  mac: string
  /** The device's IPv4 address, which may lie in another subnet than the host. */
  address: string
  netmask: string
  gateway: string
  manufacturer: string
  model: string
  deviceVersion: string
  manufacturerInfo: string
  /** Empty where the device has none. */
  serialNumber: string
  /** The name that a user gave it; empty where there is none. */
  userName: string
}

/** A command of a host. Addresses and counts in bytes; memory in multiples of 4, at most 536 at a time. */
export type Command =
  | { kind: 'discovery'; broadcastAck?: boolean }
  | { kind: 'force-ip'; mac: string; address: string; netmask: string; gateway: string }
  | { kind: 'read-registers'; addresses: readonly number[] }
  | { kind: 'write-registers'; writes: readonly RegisterWrite[] }
  | { kind: 'read-memory'; address: number; count: number }
  | { kind: 'write-memory'; address: number; data: Uint8Array }
  | ({ kind: 'resend' } & Resend)

/** One register to be written. */
export interface RegisterWrite {
  address: number
  value: number
}

/** Packets of a block that shall be sent again; `last` itself included. */
export interface Resend {
  /** Stream channel of the device. */
  channel: number
  block: bigint
  /** The block id has 64 bits. */
  extended: boolean
  first: number
  last: number
}

/** A device's answer. Of a refused command only the status says anything. */
export type Ack =
  | { kind: 'discovery'; device: DeviceIdentity }
  | { kind: 'force-ip' }
  | { kind: 'read-registers'; values: readonly number[] }
  | { kind: 'write-registers'; index: number }
  | { kind: 'read-memory'; address: number; data: Uint8Array }
  | { kind: 'write-memory'; index: number }
  /** The command takes longer: its own acknowledge follows within so many ms from now. */
  | { kind: 'pending'; timeToCompletionMs: number }
  | { kind: 'refused' }

/** A command as a device receives it. */
export interface ReceivedCommand {
  requestId: number
  /** The host waits for an acknowledge. */
  acknowledge: boolean
  /** Undefined where this is none that a camera of ours knows; then `reason` says what it is. */
  command: Command | undefined
  /** The code of the command, for an answer to one that is not known. */
  code: number
  reason?: string
}

/** An acknowledge as a host receives it. */
export interface ReceivedAck {
  requestId: number
  /** 0 for success; {@link statusName} says what others mean. */
  status: number
  /** The code of the acknowledge: its command's, and 1. */
  code: number
  ack: Ack
}

/** Control packets: values to bytes and back. Parsing is total: what is no packet throws `gige/packet`. */
export interface Gvcp {
  /** The datagram of a command. `requestId` is 1 to 65,535. Throws `gige/packet` where it cannot be written. */
  command(requestId: number, command: Command, acknowledge: boolean): Uint8Array<ArrayBuffer>
  parseAck(datagram: Uint8Array): ReceivedAck
  /** The datagram of an acknowledge; one of a refused command needs the command's code. */
  ack(requestId: number, status: number, ack: Ack, commandCode?: number): Uint8Array<ArrayBuffer>
  /** Throws only where not even the header can be read: everything else can be answered. */
  parseCommand(datagram: Uint8Array): ReceivedCommand
  /** The first 248 bytes of a device's memory. */
  identityRegisters(device: DeviceIdentity): Uint8Array<ArrayBuffer>
  /** Name of a status by the standard, such as `GEV_STATUS_ACCESS_DENIED`, else its number in hex. */
  statusName(status: number): string
}
