import { once } from 'node:events'
import { FramewireError, isFramewireError } from '../errors.js'
import { RHEEDStreamer, TimeseriesStreamer } from '../index.node.js'
import type { JournalPlace } from '../journal/place.js'
import type { FrameSession } from '../journal/records.js'
import type { JournalState } from '../journal/state.js'
import type { Receipt } from '../streaming/receipt.js'
import type { ChunkProgress, FinalizeOptions, Resumed } from '../streaming/rheed-options.js'
import type { SeriesReceipt } from '../streaming/series-receipt.js'
import { within } from './deadline.js'
import { knownChunks } from './known-chunks.js'
import { loggerTo } from './logger.js'
import { type Origin, parseOrigin, reopened } from './origin.js'
import type { Output } from './output.js'
import { Progress } from './progress.js'
import { receiptIn } from './receipt.js'
import { chunkIndexes, recordedChunks } from './recorded-chunks.js'
import { RECORDING_BUDGET_BYTES } from './recording.js'

/** What all streams are resumed with. */
export interface Resumption {
  journals: JournalPlace
  key: string
  /** End streams that more could come for. */
  end?: boolean
  drainTimeoutMs: number
  output: Output
  signal: AbortSignal
}

/** What became of one stream. */
export interface ResumedStream {
  dataId: string
  /** Its recording, where that is known, and the frames in it, read or not. */
  file?: string
  frames?: number
  /** Its chunks, and how many of them are not stored; not known where the journal cannot be read. */
  chunks?: number
  pending?: number
  /** Where its end was asked for. */
  receipt?: Receipt | SeriesReceipt
  error?: unknown
}

/** A streamer that can go on with a stream. */
interface Resuming {
  resume(dataId: string, options: { signal: AbortSignal }): Promise<Resumed>
  finalize(dataId: string, options: FinalizeOptions): Promise<Receipt | SeriesReceipt>
  close(): Promise<void>
}

/** Go on with the stream of a journal. */
export function resumeStream(state: JournalState, resumption: Resumption): Promise<ResumedStream> {
  const { session } = state
  return session.kind === 'frames'
    ? resumeFrames(state, session, resumption)
    : // More points can come from their own program alone.
      carryOn(new TimeseriesStreamer(connection(state, resumption)), state, resumption, async () => false)
}

async function resumeFrames(
  state: JournalState,
  session: FrameSession,
  resumption: Resumption,
): Promise<ResumedStream> {
  const streamer = new RHEEDStreamer({
    ...connection(state, resumption),
    memoryBudgetBytes: RECORDING_BUDGET_BYTES,
  })
  const origin = parseOrigin(session.origin)
  const known = [...state.chunks.values(), ...state.spills.values()]
  const framesKnown = known.reduce((sum, { entry }) => sum + entry.frames, 0)
  const progress = new Progress(origin?.frames ?? framesKnown, resumption.output)
  streamer.addEventListener('progress', (event) =>
    progress.update((event as CustomEvent<ChunkProgress>).detail),
  )
  try {
    const resumed = await carryOn(
      streamer,
      state,
      resumption,
      async (found) => origin !== undefined && (await readRest(streamer, session, origin, found, resumption)),
    )
    return { ...resumed, file: origin?.path, frames: origin?.frames }
  } finally {
    progress.end()
  }
}

function connection({ session }: JournalState, { journals, key, output }: Resumption) {
  return {
    apiKey: key,
    endpoint: session.endpoint,
    journal: journals,
    verbosity: output.quiet ? 0 : output.verbose ? 3 : 1,
    logger: loggerTo(output),
  } as const
}

/**
 * Send what the journal of a stream holds. The stream is ended where its end was asked for, or is to be, or `complete`
 * answers that now all of it is there.
 */
async function carryOn(
  streamer: Resuming,
  state: JournalState,
  { journals, end, drainTimeoutMs, output, signal }: Resumption,
  complete: (resumed: Resumed) => Promise<boolean>,
): Promise<ResumedStream> {
  const { dataId } = state.session
  try {
    const resumed = await streamer.resume(dataId, { signal })
    output.note(`${dataId}: ${resumed.pending} of ${resumed.chunks} chunks are to be stored`)
    let unread: unknown
    const isWhole =
      resumed.finalizeAsked ||
      (await complete(resumed).catch((error) => {
        unread = error
        return false
      }))
    if (isWhole || (end && !signal.aborted)) {
      if (unread) output.problem(`framewire: ${dataId} is ended as it is: ${(unread as Error).message}`)
      return endedWith(await streamer.finalize(dataId, { drainTimeoutMs, signal }))
    }
    const isSettled = await within({ signal, graceMs: 0, limitMs: drainTimeoutMs }, (passed) =>
      Promise.race([resumed.settled.then(() => true), once(passed, 'abort').then(() => false)]),
    )
    const left = (await journals.look(dataId)).state
    if (signal.aborted) return leftIn(left)
    return { ...leftIn(left), error: unread ? notWhole(dataId, unread) : shortfall(left, isSettled) }
  } catch (error) {
    const receipt = receiptIn(error) as Receipt | SeriesReceipt | undefined
    return { ...(receipt ? endedWith(receipt) : leftIn(state)), error }
  } finally {
    await streamer.close()
  }
}

/**
 * Read those chunks of a stream's recording that its journal does not know, and send them. Answers true; throws where
 * the recording is not there any more, or is not the one that it was.
 */
async function readRest(
  streamer: RHEEDStreamer,
  { dataId, fps, chunkSize }: FrameSession,
  origin: Origin,
  { indexes }: Resumed,
  { output, signal }: Resumption,
): Promise<boolean> {
  const known = new Set(indexes)
  const missing = chunkIndexes(origin.frames, chunkSize).filter((index) => !known.has(index))
  if (missing.length === 0) return true
  const source = await reopened(origin)
  try {
    output.note(`${dataId}: ${missing.length} chunks more are read from ${origin.path}`)
    const chunks = recordedChunks(source, { ...origin, chunkSize, fps }, missing)
    await streamer.run(dataId, chunks, { pace: 'none', transfer: true, indexes: missing, signal })
    return true
  } finally {
    await source.close()
  }
}

function endedWith(receipt: Receipt | SeriesReceipt): ResumedStream {
  const { chunks, stored } = receipt.totals
  return { dataId: receipt.dataId, chunks, pending: chunks - stored, receipt }
}

function leftIn(state: JournalState): ResumedStream {
  const { all, notStored } = knownChunks(state)
  return { dataId: state.session.dataId, chunks: all.length, pending: notStored.length }
}

/** Why a stream is not ended whose recording cannot be read to its end. */
function notWhole(dataId: string, error: unknown): unknown {
  if (!isFramewireError(error)) return error
  const { code, message, details } = error
  return new FramewireError(
    code,
    `Stream ${dataId} is not ended: the rest of its recording cannot be read. ${message} Resume it again when the recording is there as it was, or give --end to end it with what was read.`,
    details,
    { cause: error },
  )
}

/** Why chunks of a stream that goes on are not stored. */
function shortfall(state: JournalState, isSettled: boolean): FramewireError | undefined {
  const { dataId } = state.session
  const { notStored } = knownChunks(state)
  if (notStored.length === 0) return undefined
  const indexes = [...new Set(notStored.map((key) => state.points.get(key)?.entry.index ?? key))]
  if (!isSettled) {
    return new FramewireError(
      'upload/undrained',
      `Stream ${dataId}: ${notStored.length} chunk(s) are not stored yet; they stay in the journal. Resume it again, or give a longer --drain-timeout.`,
      { dataId, pending: indexes },
    )
  }
  const reasons = notStored.map((key) => (state.chunks.get(key) ?? state.points.get(key))?.givenUp?.message)
  return new FramewireError(
    'upload/incomplete',
    `Stream ${dataId}: ${notStored.length} chunk(s) were given up, and stay in the journal: ${reasons.find(Boolean)}`,
    { dataId, missing: indexes },
  )
}
