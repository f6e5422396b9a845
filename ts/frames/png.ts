import { crc32 } from './checksum.js'
import { type PixelType, pixelsOf } from './dtype.js'
import { damaged, tooLarge, truncated, unsupported } from './file-error.js'
import { DEFLATE_RATIO, inflateInto } from './inflate.js'
import { type ByteSource, bytesPerFrame, checkFrames, type FrameSource } from './source.js'
import type { Stack } from './stack.js'

/** Values of one pixel, by the colour type in the file: gray, RGB, palette, gray with alpha, RGBA. */
const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }

const PALETTE = 3

/** Room for what a file holds beside its picture: texts, profiles. */
const MAX_BESIDES = 2 ** 24

interface PngHeader {
  height: number
  width: number
  colour: number
  /** Values of one pixel in the file. */
  samples: number
  /** Of a pixel as it is streamed: alpha beside gray is left out, a palette is looked up. */
  channels: 1 | 3 | 4
  type: PixelType
}

/**
 * Open a PNG as a recording of one frame: gray, RGB or RGBA of 8 or 16 bit, or a palette of 8 bit, which becomes RGB.
 * The header is read now, the picture when asked for, its checksums checked.
 *
 * Throws `frames/file-format`, `frames/file-truncated`, `frames/file-unsupported` (under 8 bit, interlaced),
 * `frames/file-too-large`.
 */
export async function openPng(bytes: ByteSource): Promise<FrameSource> {
  const header = await readHeader(bytes)
  const { height, width, channels, type } = header
  const source: FrameSource = {
    name: bytes.name,
    frames: 1,
    height,
    width,
    channels,
    dtype: type.dtype,
    bits: 8 * type.itemBytes,
    async read(start, count): Promise<Stack> {
      checkFrames(source, start, count)
      return decode(await bytes.read(0, bytes.size), header, bytes.name)
    },
    close: () => bytes.close(),
  }
  const frameBytes = bytesPerFrame(source)
  if (frameBytes > bytes.size * DEFLATE_RATIO) {
    throw damaged(
      bytes.name,
      `claims ${height} x ${width} pixels, more than its ${bytes.size} bytes can hold.`,
    )
  }
  if (bytes.size > 2 * frameBytes + MAX_BESIDES) {
    throw tooLarge(
      bytes.name,
      2 * frameBytes + MAX_BESIDES,
      `is ${bytes.size} bytes long, far more than its picture of ${height} x ${width} pixels.`,
    )
  }
  return source
}

async function readHeader(bytes: ByteSource): Promise<PngHeader> {
  const { name } = bytes
  if (bytes.size < 33) throw truncated(name, 33, bytes.size)
  const view = viewOf(await bytes.read(0, 33))
  if (view.getUint32(0) !== 0x89504e47 || view.getUint32(8) !== 13 || view.getUint32(12) !== IHDR) {
    throw damaged(name, 'is no PNG file.', { offset: 0 })
  }
  const [width, height] = [view.getUint32(16), view.getUint32(20)]
  const depth = view.getUint8(24)
  const colour = view.getUint8(25)
  const samples = samplesOf[colour]
  if (width === 0 || height === 0 || !samples) throw damaged(name, 'has an impossible header.', { offset: 8 })
  if (depth !== 8 && depth !== 16) {
    throw unsupported(name, `has ${depth} bits a value; 8 and 16 are read. Save it again as 8-bit gray.`)
  }
  if (view.getUint8(28) !== 0) throw unsupported(name, 'is interlaced. Save it again without interlacing.')
  return {
    height,
    width,
    colour,
    samples,
    channels: colour === PALETTE ? 3 : samples === 2 ? 1 : (samples as 1 | 3 | 4),
    type:
      depth === 8
        ? { dtype: 'uint8', itemBytes: 1, byteOrder: 'big' }
        : { dtype: 'uint16', itemBytes: 2, byteOrder: 'big' },
  }
}

const IHDR = 0x49484452
const PLTE = 0x504c5445
const IDAT = 0x49444154
const IEND = 0x49454e44

function decode(file: Uint8Array<ArrayBuffer>, header: PngHeader, name: string): Stack {
  const { height, width, colour, samples, channels, type } = header
  const { data, palette } = readChunks(file, name)
  const rowBytes = width * samples * type.itemBytes
  const filtered = new Uint8Array(height * (rowBytes + 1))
  let length: number
  try {
    length = inflateInto(filtered, data)
  } catch (cause) {
    throw damaged(name, `cannot be unpacked (${(cause as Error).message}).`, { cause })
  }
  if (length < filtered.length) throw damaged(name, `holds ${length} bytes of ${filtered.length}.`)

  const values = unfilter(filtered, height, rowBytes, samples * type.itemBytes, name)
  const pixels = colour === PALETTE ? lookUp(values, palette, name) : pixelsOf(values, type)
  return {
    data: pixels,
    shape: channels === 1 ? [1, height, width] : [1, height, width, channels],
    dtype: type.dtype,
    byteOrder: type.byteOrder,
    bits: 8 * type.itemBytes,
    ...(channels === 1 ? {} : { channels }),
    // Of gray with alpha, every second value.
    ...(samples === 2 ? { strides: [height * width * 2, width * 2, 2] } : {}),
  }
}

/** The compressed picture, joined, and the palette. Every chunk's CRC is checked. */
function readChunks(file: Uint8Array, name: string): { data: Uint8Array; palette: Uint8Array } {
  const view = viewOf(file)
  const pieces: Uint8Array[] = []
  let palette: Uint8Array = new Uint8Array(0)
  for (let at = 8; ; ) {
    if (at + 12 > file.length) throw truncated(name, at + 12, file.length)
    const length = view.getUint32(at)
    const end = at + 12 + length
    if (end > file.length) throw truncated(name, end, file.length)
    if (crc32(file.subarray(at + 4, end - 4)) !== view.getUint32(end - 4)) {
      throw damaged(name, `is damaged: the CRC at byte ${end - 4} differs.`, { offset: at })
    }
    const chunk = view.getUint32(at + 4)
    const content = file.subarray(at + 8, end - 4)
    if (chunk === IEND) break
    if (chunk === IDAT) pieces.push(content)
    if (chunk === PLTE) palette = content
    at = end
  }
  const data = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    data.set(piece, at)
    at += piece.length
  }
  return { data, palette }
}

/** Undo the filter of each row, named by its first byte: differences from the pixel to the left and the row above. */
function unfilter(filtered: Uint8Array, height: number, rowBytes: number, pixelBytes: number, name: string) {
  const out = new Uint8Array(height * rowBytes)
  let above = new Uint8Array(rowBytes)
  for (let y = 0; y < height; y++) {
    const from = y * (rowBytes + 1)
    const source = filtered.subarray(from + 1, from + 1 + rowBytes)
    const row = out.subarray(y * rowBytes, (y + 1) * rowBytes)
    const filter = filtered[from]!
    if (filter > 4) throw damaged(name, `has a row of the unknown filter ${filter}.`)
    if (filter === 0) row.set(source)
    else if (filter === 2) for (let i = 0; i < rowBytes; i++) row[i] = source[i]! + above[i]!
    else {
      for (let i = 0; i < rowBytes; i++) {
        const left = i < pixelBytes ? 0 : row[i - pixelBytes]!
        if (filter === 1) row[i] = source[i]! + left
        else if (filter === 3) row[i] = source[i]! + ((left + above[i]!) >> 1)
        else row[i] = source[i]! + nearest(left, above[i]!, i < pixelBytes ? 0 : above[i - pixelBytes]!)
      }
    }
    above = row
  }
  return out
}

/** Paeth's predictor: the neighbour nearest to left + above - corner. */
function nearest(left: number, above: number, corner: number): number {
  const toLeft = Math.abs(above - corner)
  const toAbove = Math.abs(left - corner)
  const toCorner = Math.abs(left + above - 2 * corner)
  if (toLeft <= toAbove && toLeft <= toCorner) return left
  return toAbove <= toCorner ? above : corner
}

function lookUp(indices: Uint8Array, palette: Uint8Array, name: string): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(indices.length * 3)
  for (let i = 0; i < indices.length; i++) {
    const colour = indices[i]! * 3
    if (colour + 3 > palette.length) throw damaged(name, `has a colour that its palette lacks.`)
    out[3 * i] = palette[colour]!
    out[3 * i + 1] = palette[colour + 1]!
    out[3 * i + 2] = palette[colour + 2]!
  }
  return out
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
