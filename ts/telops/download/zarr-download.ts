import { nodeThreads } from '../../core/threads-node.js'
import type { Disk } from '../../disk/disk.js'
import type { DownloadShape } from './destination.js'
import type { Run } from './inventory.js'
import { Measure } from './measured.js'
import type { DownloadOptions, FrameDownload } from './options.js'
import type { ResumeRecord } from './resume-record.js'
import type { DownloadStatistics } from './statistics.js'
import { ZarrGroup } from './zarr.js'

/** A download into a group of Zarr v3. */
export interface ZarrDownloadParts {
  disk: Disk
  path: string
  record: ResumeRecord
  /** Frames, as the recording counts them. */
  run: Run
  /** Frames in order. */
  frames(options: DownloadOptions): FrameDownload
}

/**
 * Download frames into a group of Zarr v3. They are packed in their order; one that was broken off goes on behind the
 * shards of which every frame was whole.
 */
export async function downloadZarr(
  { disk, path, record, run: [from, to], frames }: ZarrDownloadParts,
  options: DownloadOptions,
): Promise<DownloadStatistics> {
  const frameCount = to - from
  const before = (record.before?.whole[0]?.[1] ?? from) - from
  const measure = new Measure(record.before?.values)
  const onProgress: typeof options.onProgress = (progress) =>
    options.onProgress?.({ ...progress, done: before + progress.done, frames: frameCount })
  const download = frames({ ...options, first: from + before, count: frameCount - before, onProgress })
  const group = await ZarrGroup.open(disk, path, nodeThreads())
  try {
    let shape: DownloadShape | undefined
    const keep = (there: number) =>
      record.write({
        shape: shape!,
        whole: there > 0 ? [[from, from + there]] : [],
        values: measure.values,
      })
    const laidOut = async function* () {
      for await (const frame of download) {
        if (!shape) {
          const { dtype } = frame
          const [height, width] = frame.shape
          shape = { frames: frameCount, height, width, dtype }
          record.check(shape)
          // The record comes first: a group with none beside it is not gone on with.
          await keep(before)
          await group.begin(shape)
        }
        yield frame
      }
    }
    let isGoing = true
    await group.take(laidOut(), before, async ({ frames: there, isWhole, values }) => {
      isGoing &&= isWhole
      // The last shard is not spoken of: there is always a frame left to go on with.
      if (!isGoing || !values || there === frameCount) return
      measure.add(values)
      await keep(there)
    })
  } finally {
    await group.close()
  }
  const statistics = await download.statistics
  if (statistics.nIncomplete === 0) await record.remove()
  const all = new Measure(record.before?.values)
  if (statistics.values) all.add(statistics.values)
  return {
    ...statistics,
    nFrames: frameCount,
    nBefore: before,
    firstPassNComplete: before + statistics.firstPassNComplete,
    values: all.values,
  }
}
