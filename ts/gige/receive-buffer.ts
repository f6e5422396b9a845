/** The receive buffer that a stream asks the kernel for, in bytes. */
export const WANTED_RECEIVE_BUFFER_BYTES = 32 * 2 ** 20
/** Payload of a Gigabit link in full use. */
export const GIGABIT_BYTES_PER_SECOND = 125e6
/** What a packet takes of the buffer over what it carries. */
const BYTES_PER_PAYLOAD_BYTE = 1.5

/** How long a receive buffer takes a stream in that nobody reads, in ms. */
export function bridgedMs(bufferBytes: number, bytesPerSecond = GIGABIT_BYTES_PER_SECOND): number {
  return (bufferBytes / BYTES_PER_PAYLOAD_BYTE / bytesPerSecond) * 1000
}

/** How large a receive buffer has to be to take a stream in that nobody reads for so long, in bytes. */
export function bytesToBridge(ms: number, bytesPerSecond: number): number {
  return Math.ceil((bytesPerSecond * BYTES_PER_PAYLOAD_BYTE * ms) / 1000)
}

/** How many packets of so many bytes a receive buffer has room for. */
export function packetsOf(bufferBytes: number, packetBytes: number): number {
  return Math.floor(bufferBytes / BYTES_PER_PAYLOAD_BYTE / packetBytes)
}
