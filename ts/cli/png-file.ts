import { promisify } from 'node:util'
import { crc32, deflate } from 'node:zlib'
import { bytesOf, type Image, type Picture } from './image.js'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
/** PNG's numbers for kinds of colour. */
const COLOUR = { 1: 0, 3: 2, 4: 6 } as const

/** A PNG file of an image, its values as they are: 12 bits in 16 look dark. */
export async function pngFile({ data }: Image, { height, width, channels, bits }: Picture): Promise<Buffer> {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.writeUInt8(bits, 8)
  header.writeUInt8(COLOUR[channels], 9)
  const packed = await promisify(deflate)(rows(data, height))
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', packed),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** Rows as PNG has them: the number of their filter, 0 for none, then the values, the high byte first. */
function rows(data: Image['data'], height: number): Buffer {
  const values = Buffer.from(bytesOf(data))
  if (data.BYTES_PER_ELEMENT === 2) values.swap16()
  const rowBytes = values.length / height
  const into = Buffer.alloc(values.length + height)
  for (let y = 0; y < height; y++) values.copy(into, y * (rowBytes + 1) + 1, y * rowBytes, (y + 1) * rowBytes)
  return into
}

function chunk(type: string, content: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const bytes = Buffer.alloc(typed.length + 8)
  bytes.writeUInt32BE(content.length, 0)
  typed.copy(bytes, 4)
  bytes.writeUInt32BE(crc32(typed), typed.length + 4)
  return bytes
}
