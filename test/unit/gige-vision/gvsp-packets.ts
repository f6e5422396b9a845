/** What a packet of a block is; written by hand from the standard, so that nothing of ours is tested with itself. */
export interface PacketFields {
  block: bigint
  packet: number
  /** Block ids of 64 bits. */
  extended?: boolean
  status?: number
}

/** An image of a block, Mono8. */
export interface ImageFields {
  width: number
  height: number
  timestamp?: bigint
  pixelFormat?: number
}

const MONO_8 = 0x0108_0001
const LEADER = 1
const TRAILER = 2
const PAYLOAD = 3

function header(
  { block, packet, extended = false, status = 0 }: PacketFields,
  format: number,
  content: number,
) {
  const bytes = new Uint8Array((extended ? 20 : 8) + content)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, status)
  if (extended) {
    view.setUint8(4, 0x80 | format)
    view.setBigUint64(8, block)
    view.setUint32(16, packet)
  } else {
    view.setUint16(2, Number(block))
    view.setUint32(4, (format << 24) | packet)
  }
  return { bytes, view, at: bytes.length - content }
}

export function leader(fields: Omit<PacketFields, 'packet'>, image: ImageFields): Uint8Array {
  const { bytes, view, at } = header({ ...fields, packet: 0 }, LEADER, 36)
  view.setUint16(at + 2, 1)
  view.setBigUint64(at + 4, image.timestamp ?? 0n)
  view.setUint32(at + 12, image.pixelFormat ?? MONO_8)
  view.setUint32(at + 16, image.width)
  view.setUint32(at + 20, image.height)
  return bytes
}

export function payload(fields: PacketFields, data: Uint8Array): Uint8Array {
  const { bytes, at } = header(fields, PAYLOAD, data.length)
  bytes.set(data, at)
  return bytes
}

export function trailer(fields: PacketFields, height: number): Uint8Array {
  const { bytes, view, at } = header(fields, TRAILER, 8)
  view.setUint16(at + 2, 1)
  view.setUint32(at + 4, height)
  return bytes
}

/** A block as a camera sends it, whose payload packets hold `capacity` bytes. */
export function block(
  fields: Omit<PacketFields, 'packet'>,
  image: ImageFields,
  pixels: Uint8Array,
  capacity: number,
): Uint8Array[] {
  const count = Math.ceil(pixels.length / capacity)
  const payloads = Array.from({ length: count }, (_, index) =>
    payload({ ...fields, packet: index + 1 }, pixels.subarray(index * capacity, (index + 1) * capacity)),
  )
  return [leader(fields, image), ...payloads, trailer({ ...fields, packet: count + 1 }, image.height)]
}
