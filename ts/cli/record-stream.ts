import { conversionFor } from '../frames/conversion.js'
import { RHEEDStreamer } from '../index.node.js'
import type { JournalPlace } from '../journal/place.js'
import type { Receipt } from '../streaming/receipt.js'
import type { ChunkProgress } from '../streaming/rheed-options.js'
import { apiKey } from './api-key.js'
import { journalPath, journalsIn } from './journal-place.js'
import { loggerTo } from './logger.js'
import { usage } from './outcome.js'
import { Progress } from './progress.js'
import { receiptText } from './receipt.js'
import { frameRate, type Recorded, type RecordedCamera } from './recorded-camera.js'
import { stated } from './service-options.js'
import { endStream } from './stream-end.js'

const MEMORY_BUDGET_BYTES = 256 * 2 ** 20
/** One that is filled, one that is sealed, one that is sent. */
const CHUNKS_IN_MEMORY = 3

/** Where a recording goes. */
export interface Service {
  endpoint?: string
  apiKey: string
  /** None: chunks wait in memory. */
  journals?: JournalPlace
}

/** Record as a stream to a service. */
export async function recordStream(recorded: RecordedCamera): Promise<Recorded> {
  const { endpoint, apiKey: key, journal } = recorded.options
  const journals = journal === false ? undefined : journalsIn(journalPath(journal), recorded.output)
  const { receipt, hint, error } = await streamCamera(recorded, { endpoint, apiKey: apiKey(key), journals })
  return { value: { receipt }, rows: [], text: receipt && receiptText(receipt), hint, error }
}

/** Stream a camera until it is interrupted or has sent what was asked for, and end the stream. */
export async function streamCamera(
  { camera, options, output, signal }: RecordedCamera,
  { endpoint, apiKey, journals }: Service,
): Promise<{ receipt?: Receipt; hint?: string; error?: unknown }> {
  const { frames, seconds, name, scale, gray } = options
  const fps = await frameRate(camera, options.fps)
  const { chunkSize = Math.ceil(2 * fps) } = options
  const source = camera.live()
  const format = await source.format()
  if (conversionFor(format, { scale, gray }).range === 'measured')
    throw usage('--scale measured needs a recording: for a camera give a range such as 0:4095, or full.')
  const chunkBytes = chunkSize * format.height * format.width
  const streamer = new RHEEDStreamer({
    apiKey,
    endpoint,
    journal: journals,
    maxWorkers: options.maxWorkers,
    memoryBudgetBytes: options.memoryBudget ?? Math.max(MEMORY_BUDGET_BYTES, CHUNKS_IN_MEMORY * chunkBytes),
    verbosity: output.quiet ? 0 : output.verbose ? 3 : 1,
    logger: loggerTo(output),
  })
  const progress = new Progress(frames, output)
  streamer.addEventListener('progress', (event) =>
    progress.update((event as CustomEvent<ChunkProgress>).detail),
  )
  try {
    const dataId = await streamer.initialize({
      ...stated(options),
      fps,
      chunkSize,
      streamName: name ?? camera.identity.model,
      signal,
    })
    const durationMs = seconds === undefined ? undefined : seconds * 1000
    const recording = await streamer.attach(dataId, source, { frames, durationMs, signal })
    output.note(`${source.label}: ${format.height} x ${format.width} at ${fps} fps, to stream ${dataId}`)
    const failure = await recording.done.then(
      () => undefined,
      (error: unknown) => error,
    )
    const ended = await endStream(dataId, { streamer, journals, options, signal })
    return { ...ended, error: failure ?? ended.error }
  } finally {
    progress.end()
    await streamer.close()
  }
}
