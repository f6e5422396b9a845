import { arraySource } from './array-source.js'
import { pixelsOf } from './dtype.js'
import { damaged, unsupported } from './file-error.js'
import { type ByteSource, bytesPerFrame, checkFrames, type FrameSource } from './source.js'
import type { Stack } from './stack.js'
import { readTiffHeader, Tag, TiffDirectory, type TiffFile } from './tiff-directory.js'
import { contiguousOffset, pageChanged, readTiffPage, readTiffPixels, type TiffPage } from './tiff-page.js'

/** Bits of NewSubfileType: a smaller copy of another page, a mask. Neither is a frame. */
const REDUCED_OR_MASK = 0b101

/**
 * Open a TIFF or BigTIFF of 8 or 16 bit, gray or RGB(A), in strips or tiles, uncompressed or with LZW, deflate or
 * PackBits: each page is a frame. All directories are read now and must agree on the frame; pixels are read when asked
 * for. ImageJ and tifffile write large stacks as one page with all frames behind it: these are read whole.
 *
 * Throws `frames/file-format` (wrong offsets, a loop of pages), `frames/file-truncated`, `frames/file-unsupported`,
 * `frames/file-too-large`, `frames/dtype`, `frames/size-changed` (pages of several sizes).
 */
export async function openTiff(bytes: ByteSource): Promise<FrameSource> {
  const file = await readTiffHeader(bytes)
  const { pages, first, description } = await readPages(file)
  const { height, width, channels, type } = first
  const described = {
    name: bytes.name,
    frames: pages.length,
    height,
    width,
    channels,
    dtype: type.dtype,
    bits: 8 * type.itemBytes,
  }
  const frameBytes = bytesPerFrame(described)

  const declared = declaredFrames(description, height * width * channels)
  if (pages.length === 1 && declared > 1) {
    const offset = contiguousOffset(first)
    if (offset === undefined) {
      throw unsupported(
        bytes.name,
        `declares ${declared} frames in one page, but not in one piece. Save it with a page for each frame.`,
      )
    }
    const shape = channels === 1 ? [declared, height, width] : [declared, height, width, channels]
    return arraySource(bytes, { offset, shape, type, order: 'C' })
  }

  const source: FrameSource = {
    ...described,
    async read(start, count): Promise<Stack> {
      checkFrames(source, start, count)
      const pixels = new Uint8Array(count * frameBytes)
      for (let k = 0; k < count; k++) {
        const page = await readTiffPage(file, await TiffDirectory.read(file, pages[start + k]!))
        await readTiffPixels(file, page, pixels.subarray(k * frameBytes, (k + 1) * frameBytes))
      }
      const plane = height * width
      return {
        data: pixelsOf(pixels, type),
        shape: channels === 1 ? [count, height, width] : [count, height, width, channels],
        dtype: type.dtype,
        byteOrder: type.byteOrder,
        bits: described.bits,
        ...(channels === 1 ? {} : { channels }),
        ...(first.isPlanar ? { strides: [channels * plane, width, 1, plane] } : {}),
      }
    },
    close: () => bytes.close(),
  }
  return source
}

/** Walk the chain of directories: where each frame's lies, and what the first says. */
async function readPages(file: TiffFile): Promise<{ pages: number[]; first: TiffPage; description: string }> {
  const { name } = file.bytes
  const seen = new Set<number>()
  const pages: number[] = []
  let first: TiffPage | undefined
  let description = ''
  for (let offset = file.first; offset !== 0; ) {
    if (seen.has(offset))
      throw damaged(name, `has pages in a loop: page ${seen.size} points back to byte ${offset}.`, { offset })
    seen.add(offset)
    const directory = await TiffDirectory.read(file, offset)
    offset = directory.next
    if ((await directory.number(Tag.NewSubfileType, 0)) & REDUCED_OR_MASK) continue
    const page = await readTiffPage(file, directory)
    if (!first) {
      first = page
      description = await directory.text(Tag.ImageDescription)
    }
    const isAlike =
      page.height === first.height &&
      page.width === first.width &&
      page.channels === first.channels &&
      page.isPlanar === first.isPlanar &&
      page.type.dtype === first.type.dtype
    if (!isAlike) throw pageChanged(name, pages.length, first, page)
    pages.push(directory.offset)
  }
  if (!first) throw damaged(name, 'has no page.')
  return { pages, first, description }
}

/** The number of frames that ImageJ (`images=240`) or tifffile (`"shape": [240, ...], "truncated": true`) wrote down. */
function declaredFrames(description: string, frameValues: number): number {
  if (description.startsWith('ImageJ=')) return Number(/^images=(\d+)$/m.exec(description)?.[1] ?? 1)
  const shape = /"truncated": true/.test(description)
    ? /"shape": \[([\d, ]+)\]/.exec(description)?.[1]
    : undefined
  return shape ? shape.split(',').reduce((product, length) => product * Number(length), 1) / frameValues : 1
}
