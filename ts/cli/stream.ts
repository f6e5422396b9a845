import { basename, resolve } from 'node:path'
import { type FramewireError, hasCode } from '../errors.js'
import { chunksOf } from '../frames/chunks.js'
import type { StatedConversion } from '../frames/conversion.js'
import { RHEEDStreamer } from '../index.node.js'
import type { Receipt } from '../streaming/receipt.js'
import type { ChunkProgress } from '../streaming/rheed-options.js'
import { apiKey } from './api-key.js'
import { within } from './deadline.js'
import { interruptible } from './interrupt.js'
import { journalPath, journalsIn } from './journal-place.js'
import { loggerTo } from './logger.js'
import { failed, type Outcome } from './outcome.js'
import type { Output } from './output.js'
import { Progress } from './progress.js'
import { receiptIn, receiptText } from './receipt.js'
import { described, type FileOptions, openFile, openStreamable } from './recording.js'

/** A file waits, so less is held than for a live camera. */
const FILE_BUDGET_BYTES = 96 * 2 ** 20
/** How long an interrupted command still sends what a journal has, in ms: mostly that is all there is. */
const INTERRUPTED_DRAIN_MS = 3_000

/** What the command line says of streams. */
export interface StreamCommandOptions extends FileOptions, StatedConversion {
  fps: number
  chunkSize?: number
  rpm: number
  name?: string
  sample?: string
  projectId?: string
  tag?: string[]
  azimuth?: string
  endpoint?: string
  apiKey?: string
  /** The journals' folder; false after `--no-journal`. */
  journal?: string | false
  pace: 'capture' | 'none'
  maxWorkers?: number
  memoryBudget?: number
  /** Seconds. */
  drainTimeout: number
}

/** What became of one file. */
interface Streamed {
  file: string
  /** Frames of the file, read or not. */
  frames: number
  receipt: Receipt
}

/** `framewire stream`: each file as one stream, one after another. */
export async function stream(
  files: string[],
  options: StreamCommandOptions,
  output: Output,
): Promise<Outcome> {
  const { endpoint, maxWorkers, memoryBudget = FILE_BUDGET_BYTES, name } = options
  const key = apiKey(options.apiKey)
  for (const file of files) await (await openStreamable(file, options)).source.close()

  const journal = options.journal === false ? undefined : journalPath(options.journal)
  const streamer = new RHEEDStreamer({
    apiKey: key,
    endpoint,
    journal: journal ? journalsIn(journal, output) : undefined,
    maxWorkers,
    memoryBudgetBytes: memoryBudget,
    verbosity: output.quiet ? 0 : output.verbose ? 3 : 1,
    logger: loggerTo(output),
  })
  const streams: Streamed[] = []
  const value = (interrupted: boolean) => ({ interrupted, streams, notStreamed: files.slice(streams.length) })
  const text = () =>
    streams.map(({ file, frames, receipt }) => receiptText(receipt, { name: file, frames })).join('\n\n')
  try {
    return await interruptible(
      async (signal, exitCode) => {
        for (const file of files) {
          if (signal.aborted) break
          const streamName = name && files.length > 1 ? `${name} (${basename(file)})` : name
          const { streamed, error } = await streamFile(
            streamer,
            file,
            { ...options, name: streamName },
            output,
            signal,
          )
          if (streamed) streams.push(streamed)
          if (error) return failed(error, value(signal.aborted), text())
        }
        return { exitCode: signal.aborted ? exitCode() : 0, value: value(signal.aborted), text: text() }
      },
      () =>
        output.problem(
          journal
            ? 'framewire: interrupted: no more is read; what was taken goes to the journal. Ctrl-C again ends at once.'
            : 'framewire: interrupted: no more is read; waiting until what was taken is stored. Ctrl-C again ends at once.',
        ),
    )
  } finally {
    await streamer.close()
  }
}

/** Stream one file to its end, or to where it was interrupted or failed, and end the stream in any case. */
async function streamFile(
  streamer: RHEEDStreamer,
  file: string,
  options: StreamCommandOptions,
  output: Output,
  signal: AbortSignal,
): Promise<{ streamed?: Streamed; error?: unknown }> {
  const { fps, rpm, sample, projectId, tag, azimuth, scale, gray, pace, drainTimeout, journal } = options
  const { chunkSize = Math.ceil(2 * fps), name = basename(resolve(file)) } = options
  const source = await openFile(file, options)
  let progress: Progress | undefined
  const onProgress = (event: Event) => progress?.update((event as CustomEvent<ChunkProgress>).detail)
  streamer.addEventListener('progress', onProgress)
  try {
    const dataId = await streamer.initialize({
      fps,
      rotationsPerMin: rpm,
      chunkSize,
      streamName: name,
      physicalSample: sample,
      projectId,
      tags: tag,
      azimuth,
      scale,
      gray,
      signal,
    })
    output.note(`${file}: ${described(source)}, to stream ${dataId}`)
    progress = new Progress(source.frames, output)
    let error: unknown
    const chunks = chunksOf(source, chunkSize)
    await streamer.run(dataId, chunks, { pace, transfer: true, signal }).catch((thrown) => {
      if (!hasCode(thrown, 'stream/aborted')) error = thrown
    })
    const drainTimeoutMs = drainTimeout * 1000
    // With a journal an interruption does not wait for long: what was taken is there, and is sent when it is resumed.
    const graceMs = journal === false ? Number.POSITIVE_INFINITY : INTERRUPTED_DRAIN_MS
    const receipt = await within({ signal, graceMs }, (passed) =>
      streamer.finalize(dataId, { drainTimeoutMs, signal: passed }),
    ).catch((thrown) => {
      if (signal.aborted && journal !== false && hasCode(thrown, 'upload/undrained'))
        output.problem(resumeHint(thrown, journal))
      else error ??= thrown
      return receiptIn(thrown)
    })
    return { streamed: receipt && { file, frames: source.frames, receipt }, error }
  } catch (error) {
    return signal.aborted && hasCode(error, 'stream/aborted') ? {} : { error }
  } finally {
    progress?.end()
    streamer.removeEventListener('progress', onProgress)
    await source.close()
  }
}

/** How to go on with a stream that was interrupted. */
function resumeHint({ details }: FramewireError<'upload/undrained'>, journal: string | undefined): string {
  const where = journal ? ` ${JSON.stringify(journal)}` : ''
  return `framewire: ${details.pending.length} chunk(s) of stream ${details.dataId} are in the journal. To send them: framewire resume${where}`
}
