import { nodeThreads } from '../../core/threads-node.js'
import type { Disk } from '../../disk/disk.js'
import type { DownloadShape } from './destination.js'
import type { DownloadProgress } from './download.js'
import type { Run } from './inventory.js'
import { Measure } from './measured.js'
import type { DownloadOptions, FrameDownload } from './options.js'
import { PackingProgress } from './packing-progress.js'
import type { DownloadState, ResumeRecord } from './resume-record.js'
import type { DownloadStatistics } from './statistics.js'
import { ZarrGroup } from './zarr.js'

/** Whose frames these are, and which. */
interface RecordedAbout {
  serialNumber: string
  model: string
  sequence: number
  /** The camera's id of the first one. */
  firstFrameId: number
}

/** A download into a group of Zarr v3. */
export interface ZarrDownloadParts {
  disk: Disk
  path: string
  record: ResumeRecord
  /** Frames, as the recording counts them. */
  run: Run
  /** What is said of them beside what their headers say. */
  about: RecordedAbout
  /** Frames in order; `ofAll`: what the statistics are with those that were there before. */
  frames(
    options: DownloadOptions,
    ofAll: (statistics: DownloadStatistics) => DownloadStatistics,
  ): FrameDownload
}

/**
 * Download frames into a group of Zarr v3. They are packed in their order; one that was broken off goes on behind the
 * shards of which every frame was whole.
 */
export async function downloadZarr(
  { disk, path, record, run: [from, to], about, frames }: ZarrDownloadParts,
  options: DownloadOptions,
): Promise<DownloadStatistics> {
  const frameCount = to - from
  const before = (record.before?.whole[0]?.[1] ?? from) - from
  const measure = new Measure(record.before?.values)
  const beganMs = performance.now()
  const packing = new PackingProgress((progress) => options.onProgress?.(progress))
  const onProgress = (progress: DownloadProgress) =>
    packing.came({ ...progress, done: before + progress.done, frames: frameCount })
  const ofAll = (statistics: DownloadStatistics): DownloadStatistics => {
    const all = new Measure(record.before?.values)
    if (statistics.values) all.add(statistics.values)
    return {
      ...statistics,
      nFrames: frameCount,
      nBefore: before,
      incompleteFrames: statistics.incompleteFrames.map((frame) => before + frame),
      firstPassNComplete: before + statistics.firstPassNComplete,
      values: all.values,
    }
  }
  const some = { ...options, first: from + before, count: frameCount - before, onProgress }
  const download = frames(some, ofAll)
  download.statistics.then(
    () => packing.allCame(),
    () => {},
  )
  const group = await ZarrGroup.open(disk, path, nodeThreads())
  try {
    let shape: DownloadShape | undefined
    let attributes: object = about
    /** Frames in shards that are on disk, all of them whole. */
    let there = before
    const state = (): DownloadState => ({
      shape: shape!,
      whole: there > 0 ? [[from, from + there]] : [],
      values: measure.values,
    })
    const laidOut = async function* () {
      for await (const frame of download) {
        if (!shape) {
          const { dtype, unit } = frame
          const [height, width] = frame.shape
          const { exposureUs, frameRateHz, calibrationMode } = frame.header
          const taken = { frames: frameCount, height, width, dtype }
          record.check(taken)
          shape = taken
          // The record comes first: a group with none beside it is not gone on with.
          await record.begin(state())
          attributes = { ...about, exposureUs, frameRateHz, calibrationMode }
          await group.begin(taken, unit, attributes)
        }
        yield frame
        packing.packed(before + frame.index + 1)
      }
    }
    let isGoing = true
    const ending = async () => {
      if (shape) await record.end(state())
    }
    try {
      await group.take(laidOut(), before, async ({ frames, isWhole, values }) => {
        isGoing &&= isWhole
        // The last shard is not spoken of: there is always a frame left to go on with.
        if (!isGoing || !values || frames === frameCount) return
        measure.add(values)
        there = frames
        await record.write(state())
      })
      const statistics = await download.statistics
      if (shape) await group.describe({ ...attributes, incompleteFrames: statistics.incompleteFrames })
      await (statistics.nIncomplete === 0 ? record.remove() : ending())
      packing.packed(frameCount)
      return withPacking(statistics, (performance.now() - beganMs) / 1000)
    } catch (error) {
      await ending().catch(() => {})
      throw error
    }
  } finally {
    await group.close()
  }
}

/** Packing goes on behind the last frame that came, and is part of the time that the download took. */
function withPacking(statistics: DownloadStatistics, elapsedSeconds: number): DownloadStatistics {
  const throughputMBps = (statistics.throughputMBps * statistics.elapsedSeconds) / elapsedSeconds
  return { ...statistics, elapsedSeconds, throughputMBps }
}
