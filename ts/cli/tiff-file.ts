import { bytesOf, type Image, type Picture } from './image.js'

const SHORT = 3
const LONG = 4
const RATIONAL = 5
const HEADER_BYTES = 8
const ENTRY_BYTES = 12

/** A field of a directory: what does not fit into it lies behind the directory. */
type Field = [tag: number, type: typeof SHORT | typeof LONG | typeof RATIONAL, ...values: number[]]

/** A baseline TIFF file of an image: uncompressed, little-endian, in one strip. */
export function tiffFile({ data }: Image, { height, width, channels, bits }: Picture): Buffer {
  const pixels = bytesOf(data)
  const fields: Field[] = [
    [256, LONG, width],
    [257, LONG, height],
    [258, SHORT, ...new Array<number>(channels).fill(bits)],
    [259, SHORT, 1], // not compressed
    [262, SHORT, channels === 1 ? 1 : 2], // black is zero, or RGB
    [273, LONG, HEADER_BYTES],
    [277, SHORT, channels],
    [278, LONG, height],
    [279, LONG, pixels.length],
    [282, RATIONAL, 1, 1],
    [283, RATIONAL, 1, 1],
    [296, SHORT, 1], // no unit
    ...(channels === 4 ? [[338, SHORT, 2] satisfies Field] : []), // the fourth is alpha
    ...(bits === 32 ? [[339, SHORT, ...new Array<number>(channels).fill(3)] satisfies Field] : []), // floats
  ]
  // The directory begins at an even place.
  const at = HEADER_BYTES + pixels.length + (pixels.length % 2)
  const header = Buffer.alloc(HEADER_BYTES)
  header.write('II*\0', 'latin1')
  header.writeUInt32LE(at, 4)
  return Buffer.concat([header, pixels, Buffer.alloc(pixels.length % 2), directory(fields, at)])
}

function directory(fields: readonly Field[], at: number): Buffer {
  const entries = Buffer.alloc(2 + fields.length * ENTRY_BYTES + 4)
  entries.writeUInt16LE(fields.length, 0)
  const behind: Buffer[] = []
  let end = at + entries.length
  for (const [i, [tag, type, ...values]] of fields.entries()) {
    const content = Buffer.alloc(Math.max(4, values.length * (type === SHORT ? 2 : 4)))
    values.forEach((value, k) => {
      if (type === SHORT) content.writeUInt16LE(value, 2 * k)
      else content.writeUInt32LE(value, 4 * k)
    })
    const entry = 2 + i * ENTRY_BYTES
    entries.writeUInt16LE(tag, entry)
    entries.writeUInt16LE(type, entry + 2)
    entries.writeUInt32LE(type === RATIONAL ? values.length / 2 : values.length, entry + 4)
    if (content.length === 4) {
      content.copy(entries, entry + 8)
      continue
    }
    entries.writeUInt32LE(end, entry + 8)
    behind.push(content)
    end += content.length
  }
  return Buffer.concat([entries, ...behind])
}
