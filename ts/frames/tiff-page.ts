import { FramewireError } from '../errors.js'
import { type PixelType, unsupportedDtype } from './dtype.js'
import { damaged, unsupported } from './file-error.js'
import { MAX_FRAME_BYTES } from './source.js'
import { mostPerByte, undoPredictor, unpackBlock } from './tiff-block.js'
import { Tag, type TiffDirectory, type TiffFile } from './tiff-directory.js'

/** What one page of a TIFF holds, and where. */
export interface TiffPage {
  height: number
  width: number
  channels: 1 | 3 | 4
  type: PixelType
  /** Whether colours lie one after the other as whole planes, not pixel by pixel. */
  isPlanar: boolean
  compression: number
  hasPredictor: boolean
  /** Size of a strip or tile in pixels; the last ones of an image may stand over its edge (tiles) or be cut (strips). */
  block: { height: number; width: number; isTile: boolean }
  offsets: number[]
  byteCounts: number[]
}

/** Read what a directory says of its page. Throws `frames/file-format`, `frames/file-unsupported`, `frames/dtype`. */
export async function readTiffPage(file: TiffFile, directory: TiffDirectory): Promise<TiffPage> {
  const { name } = file.bytes
  const width = await directory.number(Tag.ImageWidth, 0)
  const height = await directory.number(Tag.ImageLength, 0)
  const samples = await directory.number(Tag.SamplesPerPixel, 1)
  const type = await pixelType(file, directory, samples)
  const channels = await channelsOf(directory, samples, name)
  const isPlanar = channels > 1 && (await directory.number(Tag.PlanarConfiguration, 1)) === 2
  const compression = await directory.number(Tag.Compression, 1)
  const predictor = await directory.number(Tag.Predictor, 1)
  if (!mostPerByte[compression] || predictor > 2 || (await directory.number(Tag.FillOrder, 1)) !== 1) {
    throw unsupported(
      name,
      `is compressed in a way that is not read (compression ${compression}, predictor ${predictor}). Save it again without compression, or with LZW, deflate or PackBits.`,
    )
  }

  const tileWidth = await directory.number(Tag.TileWidth, 0)
  const isTile = tileWidth > 0
  const rows = isTile
    ? await directory.number(Tag.TileLength, 0)
    : await directory.number(Tag.RowsPerStrip, height)
  const block = { height: isTile ? rows : Math.min(rows, height), width: isTile ? tileWidth : width, isTile }
  const offsets = (await directory.numbers(isTile ? Tag.TileOffsets : Tag.StripOffsets)) ?? []
  const page = {
    height,
    width,
    channels,
    type,
    isPlanar,
    compression,
    hasPredictor: predictor === 2,
    block,
    offsets,
  }
  const blockBytes = block.height * block.width * pixelBytes(page)
  if (!(width > 0 && height > 0 && blockBytes > 0 && blockBytes <= MAX_FRAME_BYTES)) {
    throw damaged(
      name,
      `has an impossible page of ${height} x ${width} pixels in blocks of ${block.height} x ${block.width}.`,
      {
        offset: directory.offset,
      },
    )
  }
  // Old writers leave the length of a single uncompressed strip out.
  const isObvious = compression === 1 && !isTile && offsets.length === 1
  const byteCounts =
    (await directory.numbers(isTile ? Tag.TileByteCounts : Tag.StripByteCounts)) ??
    (isObvious ? [blockBytes] : [])
  checkPlaces(file, { ...page, byteCounts }, blockBytes, directory.offset)
  return { ...page, byteCounts }
}

/** Check before any pixel is read that the blocks lie in the file and can hold what the page claims. */
function checkPlaces(file: TiffFile, page: TiffPage, blockBytes: number, directory: number): void {
  const { name, size } = file.bytes
  const blocks = grid(page)
  if (page.offsets.length !== blocks.length || page.byteCounts.length !== blocks.length) {
    throw damaged(
      name,
      `has a page whose strips or tiles do not fit its size: there are ${page.offsets.length} places.`,
      { offset: directory },
    )
  }
  for (const [k, { rows }] of blocks.entries()) {
    const offset = page.offsets[k]!
    const packed = page.byteCounts[k]!
    if (offset + packed > size) {
      throw damaged(
        name,
        `has pixels at byte ${offset}, outside of the file. Its offsets are wrong, or it was cut short: copy it again.`,
        { offset: directory },
      )
    }
    // No compression makes more of a byte, and none makes anything much larger: either is damage.
    const unpacked = (rows * blockBytes) / page.block.height
    if (unpacked > packed * mostPerByte[page.compression]! || packed > 2 * blockBytes + 1024) {
      throw damaged(name, `claims that ${packed} bytes at ${offset} hold ${unpacked} bytes of pixels.`, {
        offset: directory,
      })
    }
  }
}

/**
 * Read the pixels of a page into `into`, which is as long as the page: rows of pixels, or planes of rows.
 * Throws `frames/file-format` where a strip or tile lies outside of the file, is damaged or too short.
 */
export async function readTiffPixels(file: TiffFile, page: TiffPage, into: Uint8Array): Promise<void> {
  const { bytes } = file
  const { block, compression } = page
  const inOnePiece = contiguousOffset(page)
  if (inOnePiece !== undefined && inOnePiece + into.length <= bytes.size) {
    into.set(await bytes.read(inOnePiece, into.length))
    return
  }
  const perPixel = pixelBytes(page)
  const rowBytes = page.width * perPixel
  const blockRowBytes = block.width * perPixel
  const blockBytes = block.height * blockRowBytes
  const unpacked = new Uint8Array(blockBytes)

  for (const [k, { plane, x, y, rows }] of grid(page).entries()) {
    const offset = page.offsets[k]!
    const wrong = (what: string, cause?: unknown) =>
      damaged(bytes.name, `has a ${block.isTile ? 'tile' : 'strip'} at byte ${offset} that ${what}.`, {
        offset,
        cause,
      })
    const packed = await bytes.read(offset, page.byteCounts[k]!)
    let length: number
    try {
      length = unpackBlock(compression, packed, unpacked)
    } catch (cause) {
      throw wrong(`cannot be unpacked (${(cause as Error).message})`, cause)
    }
    if (length < rows * blockRowBytes) throw wrong(`holds ${length} bytes of ${rows * blockRowBytes}`)
    if (page.hasPredictor) {
      const step = page.isPlanar ? 1 : page.channels
      undoPredictor(
        unpacked.subarray(0, length),
        block.width * step,
        step,
        page.type.itemBytes,
        file.littleEndian,
      )
    }

    const shown = Math.min(rows, page.height - y)
    const columnBytes = Math.min(blockRowBytes, rowBytes - x * perPixel)
    const start = (plane * page.height + y) * rowBytes + x * perPixel
    if (columnBytes === rowBytes && blockRowBytes === rowBytes) {
      into.set(unpacked.subarray(0, shown * rowBytes), start)
    } else {
      for (let row = 0; row < shown; row++) {
        into.set(
          unpacked.subarray(row * blockRowBytes, row * blockRowBytes + columnBytes),
          start + row * rowBytes,
        )
      }
    }
  }
}

/** Where the page's pixels lie as one piece of bytes, if they do: uncompressed strips one after the other. */
export function contiguousOffset(page: TiffPage): number | undefined {
  const { compression, block, offsets, byteCounts, height, width } = page
  if (compression !== 1 || block.isTile || page.isPlanar || page.hasPredictor) return undefined
  const rowBytes = width * pixelBytes(page)
  const isInLine = offsets.every((offset, k) => {
    const rows = Math.min(block.height, height - k * block.height)
    const next = offsets[k + 1] ?? offset + rows * rowBytes
    return byteCounts[k]! >= rows * rowBytes && next === offset + rows * rowBytes
  })
  return isInLine ? offsets[0] : undefined
}

/** Bytes of one pixel within a block: of all its channels, or of one where the channels are planes. */
function pixelBytes({ type, channels, isPlanar }: Pick<TiffPage, 'type' | 'channels' | 'isPlanar'>): number {
  return type.itemBytes * (isPlanar ? 1 : channels)
}

/** The blocks of a page in the order of the file: where each begins, and its rows. */
function grid({ block, isPlanar, channels, width, height, offsets }: Omit<TiffPage, 'byteCounts'>) {
  const across = Math.ceil(width / block.width)
  const down = Math.ceil(height / block.height)
  const needed = (isPlanar ? channels : 1) * down * across
  // One more than there are places is enough to see that they do not fit.
  return Array.from({ length: Math.min(needed, offsets.length + 1) }, (_, k) => {
    const line = Math.floor(k / across)
    const y = (line % down) * block.height
    return {
      plane: Math.floor(line / down),
      x: (k % across) * block.width,
      y,
      rows: block.isTile ? block.height : Math.min(block.height, height - y),
    }
  })
}

async function pixelType(file: TiffFile, directory: TiffDirectory, samples: number): Promise<PixelType> {
  const { name } = file.bytes
  const bits = (await directory.numbers(Tag.BitsPerSample)) ?? [1]
  const format = await directory.number(Tag.SampleFormat, 1)
  if (format === 2 || format === 3)
    throw unsupportedDtype(`${format === 2 ? 'int' : 'float'}${bits[0]}`, name)
  if ((bits[0] !== 8 && bits[0] !== 16) || bits.length > samples || bits.some((b) => b !== bits[0])) {
    throw unsupported(
      name,
      `has ${bits.join(', ')} bits a sample; 8 and 16 are read. Save it again as 8 or 16 bit.`,
    )
  }
  const byteOrder = file.littleEndian ? 'little' : 'big'
  return bits[0] === 8
    ? { dtype: 'uint8', itemBytes: 1, byteOrder }
    : { dtype: 'uint16', itemBytes: 2, byteOrder }
}

/** Gray is "black is zero" with one sample; colour RGB with three, or four with alpha. */
async function channelsOf(directory: TiffDirectory, samples: number, name: string): Promise<1 | 3 | 4> {
  const photometric = await directory.number(Tag.Photometric, samples === 1 ? 1 : 2)
  if (photometric === 1 && samples === 1) return 1
  if (photometric === 2 && (samples === 3 || samples === 4)) return samples
  const kind =
    ['white is zero', 'gray', 'RGB', 'a palette', 'a mask', 'CMYK', 'YCbCr'][photometric] ??
    `kind ${photometric}`
  throw unsupported(
    name,
    `has pages of ${kind} with ${samples} samples a pixel; gray and RGB(A) are read. Save it as gray.`,
  )
}

/** A page that differs from the first. */
export function pageChanged(name: string, index: number, first: TiffPage, page: TiffPage): FramewireError {
  const expected = [first.height, first.width, first.channels]
  const actual = [page.height, page.width, page.channels]
  if (expected.join() !== actual.join()) {
    return new FramewireError(
      'frames/size-changed',
      `${name}: page ${index} has the size (${actual.join(', ')}), the first (${expected.join(', ')}). A stream keeps one frame size: split the recording.`,
      { expected, actual },
    )
  }
  return new FramewireError(
    'frames/dtype',
    `${name}: page ${index} is ${spellType(page)}, the first ${spellType(first)}. Save all pages alike.`,
    { dtype: page.type.dtype },
  )
}

function spellType({ type, isPlanar }: TiffPage): string {
  return `${type.dtype}${isPlanar ? ' in planes of colour' : ''}`
}
