import { basename, resolve } from 'node:path'
import { hasCode } from '../errors.js'
import type { FrameSource } from '../frames/source.js'
import { RHEEDStreamer } from '../index.node.js'
import type { JournalPlace } from '../journal/place.js'
import type { FrameSession } from '../journal/records.js'
import type { Receipt } from '../streaming/receipt.js'
import type { ChunkProgress } from '../streaming/rheed-options.js'
import { apiKey } from './api-key.js'
import { interruptible } from './interrupt.js'
import { journalPath, journalsIn } from './journal-place.js'
import { loggerTo } from './logger.js'
import { originOf } from './origin.js'
import { failed, type Outcome, usage } from './outcome.js'
import type { Output } from './output.js'
import { Progress } from './progress.js'
import { leftReceipt, receiptText } from './receipt.js'
import { chunkIndexes, recordedChunks } from './recorded-chunks.js'
import { described, type FileOptions, openFile, openStreamable, RECORDING_BUDGET_BYTES } from './recording.js'
import { type ServiceOptions, stated } from './service-options.js'
import { type Ended, endStream, resumeCommand } from './stream-end.js'

/** What the command line says of streams. */
export interface StreamCommandOptions extends FileOptions, ServiceOptions {
  fps: number
  pace: 'capture' | 'none'
}

/** What became of one file. */
interface Streamed {
  file: string
  /** Frames of the file, read or not. */
  frames: number
  receipt: Receipt
}

/** What all files are streamed with. */
interface Streaming {
  streamer: RHEEDStreamer
  /** None after `--no-journal`. */
  journals?: JournalPlace
  options: StreamCommandOptions
  output: Output
  signal: AbortSignal
}

/** `framewire stream`: each file as one stream, one after another. */
export async function stream(
  files: string[],
  options: StreamCommandOptions,
  output: Output,
): Promise<Outcome> {
  const { endpoint, maxWorkers, memoryBudget = RECORDING_BUDGET_BYTES, name, journal, keep } = options
  const key = apiKey(options.apiKey)
  if (keep && journal === false)
    throw usage('--keep makes a local store of the journal: leave --no-journal out.')
  for (const file of files) await (await openStreamable(file, options)).source.close()

  const journals = journal === false ? undefined : journalsIn(journalPath(journal), output)
  const streamer = new RHEEDStreamer({
    apiKey: key,
    endpoint,
    journal: journals,
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
          const own = { ...options, name: streamName }
          const streaming = { streamer, journals, options: own, output, signal }
          const { receipt, frames, hint, error } = await streamFile(file, streaming)
          if (receipt) streams.push({ file, frames, receipt })
          if (hint) output.problem(`framewire: ${hint}`)
          if (error) return failed(error, value(signal.aborted), text())
        }
        return { exitCode: signal.aborted ? exitCode() : 0, value: value(signal.aborted), text: text() }
      },
      (again) =>
        output.problem(
          journals
            ? `framewire: interrupted: no more is read; what was taken goes to the journal. ${again}`
            : `framewire: interrupted: no more is read; waiting until what was taken is stored. ${again}`,
        ),
    )
  } finally {
    await streamer.close()
  }
}

/**
 * Stream one file to its end, or to where it was interrupted or failed, and end the stream; but for one that was
 * interrupted and has a journal: that can go on.
 */
async function streamFile(file: string, streaming: Streaming): Promise<Ended & { frames: number }> {
  const { streamer, journals, options, output, signal } = streaming
  const source = await openFile(file, options)
  const { frames } = source
  let progress: Progress | undefined
  const onProgress = (event: Event) => progress?.update((event as CustomEvent<ChunkProgress>).detail)
  streamer.addEventListener('progress', onProgress)
  try {
    const { dataId, chunkSize, captureStartMs } = await begun(file, source, streaming)
    output.note(`${file}: ${described(source)}, to stream ${dataId}`)
    progress = new Progress(frames, output)
    const { fps, pace } = options
    const chunks = recordedChunks(source, { chunkSize, fps, captureStartMs }, chunkIndexes(frames, chunkSize))
    const error = await streamer
      .run(dataId, chunks, { pace, transfer: true, signal })
      .catch((thrown: unknown) => thrown)
    const isInterrupted = hasCode(error, 'stream/aborted')
    if (isInterrupted && journals) return { frames, ...(await leave(dataId, file, streaming, journals)) }
    const ended = await endStream(dataId, streaming)
    return { frames, ...ended, error: isInterrupted ? ended.error : (error ?? ended.error) }
  } catch (error) {
    return signal.aborted && hasCode(error, 'stream/aborted') ? { frames } : { frames, error }
  } finally {
    progress?.end()
    streamer.removeEventListener('progress', onProgress)
    await source.close()
  }
}

/** Begin the stream of a file. */
async function begun(
  file: string,
  source: FrameSource,
  { streamer, options, signal }: Streaming,
): Promise<{ dataId: string; chunkSize: number; captureStartMs: number }> {
  const { fps } = options
  const { chunkSize = Math.ceil(2 * fps), name = basename(resolve(file)) } = options
  // As a camera would be: the first chunk was captured when it is sent.
  const captureStartMs = Math.round(Date.now() - (Math.min(chunkSize, source.frames) * 1000) / fps)
  const dataId = await streamer.initialize({
    ...stated(options),
    fps,
    chunkSize,
    streamName: name,
    origin: await originOf(file, options, source, captureStartMs),
    signal,
  })
  return { dataId, chunkSize, captureStartMs }
}

/** Leave a stream in its journal. */
async function leave(
  dataId: string,
  file: string,
  { streamer, options }: Streaming,
  journals: JournalPlace,
): Promise<Ended> {
  await streamer.close()
  const { state } = await journals.look(dataId)
  return {
    receipt: leftReceipt(state.session as FrameSession, state),
    hint: `stream ${dataId} is not ended. To go on with ${file}: ${resumeCommand(options)}`,
  }
}
