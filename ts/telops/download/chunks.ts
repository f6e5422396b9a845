import type { DownloadedFrame } from './ordered-frames.js'

/** So many frames, and when the first of them was taken, in whole ms since 1970: what `RHEEDStreamer.run` takes. */
export type DownloadedChunk = readonly [frames: DownloadedFrame[], captureStartMs: number]

/**
 * Frames of a download in chunks of `chunkSize`, the last one of what is left. A streamer takes counts (`convert: false`)
 * and the chunks' buffers (`transfer: true`): no more than a chunk is in memory here.
 *
 * Throws what the download throws, and a RangeError of a size that is no whole number above 0.
 */
export async function* chunksOf(
  frames: AsyncIterable<DownloadedFrame>,
  chunkSize: number,
): AsyncGenerator<DownloadedChunk, void, void> {
  if (!(Number.isInteger(chunkSize) && chunkSize > 0)) {
    throw new RangeError(`A chunk of ${chunkSize} frames is not possible; give a whole number above 0.`)
  }
  let chunk: DownloadedFrame[] = []
  for await (const frame of frames) {
    chunk.push(frame)
    if (chunk.length < chunkSize) continue
    yield chunkOf(chunk)
    chunk = []
  }
  if (chunk.length > 0) yield chunkOf(chunk)
}

function chunkOf(frames: DownloadedFrame[]): DownloadedChunk {
  return [frames, Math.round(frames[0]!.header.takenAt)]
}
