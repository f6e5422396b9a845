import { FramewireError } from '../errors.js'
import { unsupported } from './file-error.js'
import { openPng } from './png.js'
import { type ByteSource, bytesPerFrame, checkFrames, type FrameSource } from './source.js'
import { frameRun, type Stack } from './stack.js'
import { openTiff } from './tiff.js'

/** A file that can be opened any number of times. */
export interface NamedFile {
  name: string
  open(): Promise<ByteSource>
}

/** Files whose headers are read at once. */
const AT_ONCE = 8

/**
 * Open a folder (or a list) of PNG and TIFF files as one recording, in the order of their names with numbers taken as
 * numbers: `shot-9.png`, `shot-10.png`. A TIFF may hold several frames. Other files, and names with a leading dot, are
 * left out. Every header is read now, so that nothing is sent of a recording whose frames do not fit each other; no file
 * stays open.
 *
 * Throws `frames/file-unsupported` (nothing to read), `frames/size-changed`, `frames/dtype` (the pixel type changes),
 * and whatever opening a file throws.
 */
export async function openFolder(name: string, files: readonly NamedFile[]): Promise<FrameSource> {
  const pictures = files.filter((file) => openerOf(file.name)).sort(byNumber)
  if (pictures.length === 0) throw unsupported(name, 'holds no PNG or TIFF file.')
  const headers = await eachOf(pictures, (file) => using(file, async ({ read, close, ...header }) => header))
  const first = headers[0]!
  for (const header of headers) checkAlike(first, header)

  /** Number of the first frame of each file, and of all. */
  const starts = [0]
  for (const { frames } of headers) starts.push(starts.at(-1)! + frames)
  const frameBytes = bytesPerFrame(first)
  const { height, width, channels, dtype } = first
  const source: FrameSource = {
    ...first,
    name,
    frames: starts.at(-1)!,
    async read(start, count): Promise<Stack> {
      checkFrames(source, start, count)
      const pixels = new Uint8Array(count * frameBytes)
      const end = start + count
      let k = starts.findIndex((_, k) => starts[k + 1]! > start)
      for (; k < pictures.length && starts[k]! < end; k++) {
        const from = Math.max(start, starts[k]!)
        const many = Math.min(end, starts[k + 1]!) - from
        const into = pixels.subarray((from - start) * frameBytes, (from - start + many) * frameBytes)
        await using(pictures[k]!, async (file) => {
          // The file may have been replaced since its header was read.
          checkAlike(first, file)
          copyLittleEndian(await file.read(from - starts[k]!, many), into)
        })
      }
      return {
        data: dtype === 'uint8' ? pixels : new Uint16Array(pixels.buffer),
        shape: channels === 1 ? [count, height, width] : [count, height, width, channels],
        dtype,
        bits: first.bits,
        ...(channels === 1 ? {} : { channels }),
      }
    },
    close: async () => {},
  }
  return source
}

/** Files of both byte orders may lie in one folder: what is put together is little-endian. */
function copyLittleEndian(stack: Stack, into: Uint8Array): void {
  const run = frameRun(stack)
  for (let i = 0; i < run.frames; i++) run.copyFrame(i, into.subarray(i * run.bytesPerFrame))
  if (!run.format.endsWith('be')) return
  for (let k = 0; k < into.length; k += 2) {
    const high = into[k]!
    into[k] = into[k + 1]!
    into[k + 1] = high
  }
}

function openerOf(name: string): ((bytes: ByteSource) => Promise<FrameSource>) | undefined {
  const base = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1)
  if (base.startsWith('.')) return undefined
  if (/\.png$/i.test(base)) return openPng
  return /\.tiff?$/i.test(base) ? openTiff : undefined
}

/** Open a file for as long as `use` lasts. */
async function using<T>(file: NamedFile, use: (source: FrameSource) => Promise<T>): Promise<T> {
  const bytes = await file.open()
  try {
    return await use(await openerOf(file.name)!(bytes))
  } finally {
    await bytes.close()
  }
}

type Header = Omit<FrameSource, 'read' | 'close'>

function checkAlike(first: Header, header: Header): void {
  const expected = [first.height, first.width, first.channels]
  const actual = [header.height, header.width, header.channels]
  if (expected.join() !== actual.join()) {
    throw new FramewireError(
      'frames/size-changed',
      `${header.name} has the size (${actual.join(', ')}), ${first.name} has (${expected.join(', ')}). A stream keeps one frame size: move the files that differ elsewhere.`,
      { expected, actual },
    )
  }
  if (header.dtype !== first.dtype) {
    throw new FramewireError(
      'frames/dtype',
      `${header.name} is ${header.dtype}, ${first.name} is ${first.dtype}. Save all files with one pixel type.`,
      { dtype: header.dtype },
    )
  }
}

const collator = new Intl.Collator('en', { numeric: true })

function byNumber(a: NamedFile, b: NamedFile): number {
  // Names that differ only in leading zeros are equal to the collator.
  return collator.compare(a.name, b.name) || (a.name < b.name ? -1 : 1)
}

async function eachOf<T, R>(items: readonly T[], visit: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length)
  let next = 0
  async function worker(): Promise<void> {
    while (next < items.length) {
      const k = next++
      results[k] = await visit(items[k]!)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return results
}
