import { nextTurn } from '../core/turn.js'
import type { FrameRun } from '../frames/stack.js'
import type { SpillEntry } from '../journal/records.js'

/** How much of the frames is copied at once, where frames are small. */
const PIECE = 2 ** 20

/** The frames of a run as a journal takes them, a piece at a time in one buffer; each piece on a turn of its own. */
export async function* spilledBytes(run: FrameRun): AsyncGenerator<Uint8Array> {
  const { frames, bytesPerFrame } = run
  const framesPerPiece = Math.max(1, Math.floor(PIECE / bytesPerFrame))
  const piece = new Uint8Array(framesPerPiece * bytesPerFrame)
  for (let first = 0; first < frames; first += framesPerPiece) {
    await new Promise<void>(nextTurn)
    const count = Math.min(framesPerPiece, frames - first)
    for (let i = 0; i < count; i++) run.copyFrame(first + i, piece.subarray(i * bytesPerFrame))
    yield piece.subarray(0, count * bytesPerFrame)
  }
}

/** What of a run a journal writes down of it. */
export function spilledTraits(
  run: FrameRun,
): Pick<SpillEntry, 'frames' | 'height' | 'width' | 'channels' | 'format' | 'bits' | 'bytesPerFrame'> {
  const { frames, height, width, channels, format, bits, bytesPerFrame } = run
  return { frames, height, width, channels, format, bits, bytesPerFrame }
}

/** The run again, from what a journal kept. */
export function unspilled(entry: SpillEntry, bytes: Uint8Array): FrameRun {
  const { frames, height, width, channels, bits, bytesPerFrame } = entry
  return {
    frames,
    height,
    width,
    channels,
    format: entry.format as FrameRun['format'],
    bits,
    bytesPerFrame,
    isContiguousFrame: true,
    copyFrame: (i, into) => into.set(bytes.subarray(i * bytesPerFrame, (i + 1) * bytesPerFrame)),
  }
}
