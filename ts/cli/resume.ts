import { once } from 'node:events'
import { FramewireError, hasCode } from '../errors.js'
import { RHEEDStreamer } from '../index.node.js'
import type { JournalPlace } from '../journal/place.js'
import type { JournalState } from '../journal/state.js'
import type { Receipt } from '../streaming/receipt.js'
import type { ChunkProgress } from '../streaming/rheed-options.js'
import { apiKey } from './api-key.js'
import { within } from './deadline.js'
import { interruptible } from './interrupt.js'
import { journalPath, journalsIn } from './journal-place.js'
import { knownChunks } from './known-chunks.js'
import { loggerTo } from './logger.js'
import { failed, type Outcome, presentable } from './outcome.js'
import type { Output } from './output.js'
import { Progress } from './progress.js'
import { receiptIn, receiptText } from './receipt.js'
import { table } from './table.js'

/** What the command line says of a resumption. */
export interface ResumeOptions {
  stream?: string
  end?: boolean
  apiKey?: string
  /** Seconds. */
  drainTimeout: number
}

/** What became of one stream. */
interface ResumedStream {
  dataId: string
  /** Its chunks, and how many of them are not stored; not known where the journal cannot be read. */
  chunks?: number
  pending?: number
  /** Where its end was asked for. */
  receipt?: Receipt
  error?: unknown
}

/** What all streams are resumed with. */
interface Resumption {
  journals: JournalPlace
  key: string
  options: ResumeOptions
  output: Output
  signal: AbortSignal
}

/** `framewire resume`: send what the journals still hold, each stream after the other. */
export async function resume(
  folder: string | undefined,
  options: ResumeOptions,
  output: Output,
): Promise<Outcome> {
  const key = apiKey(options.apiKey)
  const path = journalPath(folder)
  const journals = journalsIn(path, output)
  const chosen = options.stream ? [options.stream] : (await journals.list()).map(({ dataId }) => dataId)
  return interruptible(
    async (signal, exitCode) => {
      const streams: ResumedStream[] = []
      for (const dataId of chosen) {
        if (signal.aborted) break
        const stream = await resumeOne(dataId, { journals, key, options, output, signal })
        if (stream) streams.push(stream)
      }
      const value = { journal: path, interrupted: signal.aborted, streams: streams.map(jsonOf) }
      const text = streams.map(textOf).join('\n\n') || `nothing to resume in ${path}`
      if (signal.aborted) return { exitCode: exitCode(), value, text }
      const wrong = streams.find(({ error }) => error !== undefined)
      return wrong ? failed(wrong.error, value, text) : { exitCode: 0, value, text }
    },
    () => output.problem('framewire: interrupted: what is not stored stays in the journal.'),
  )
}

/** What became of the stream of a journal; nothing where there are no frames in it. */
async function resumeOne(dataId: string, resumption: Resumption): Promise<ResumedStream | undefined> {
  try {
    const state = await begun(resumption.journals, dataId)
    return state?.session.kind === 'frames' ? await resumeFrames(state, resumption) : undefined
  } catch (error) {
    return { dataId, error }
  }
}

/** What a journal says; nothing where a crash came before it was begun: then it is taken away. */
async function begun(journals: JournalPlace, dataId: string): Promise<JournalState | undefined> {
  try {
    return (await journals.look(dataId)).state
  } catch (error) {
    if (!hasCode(error, 'journal/unbegun')) throw error
    await journals.remove(dataId)
    return undefined
  }
}

async function resumeFrames(state: JournalState, resumption: Resumption): Promise<ResumedStream> {
  const { journals, key, options, output, signal } = resumption
  const { dataId, endpoint } = state.session
  const streamer = new RHEEDStreamer({
    apiKey: key,
    endpoint,
    journal: journals,
    verbosity: output.quiet ? 0 : output.verbose ? 3 : 1,
    logger: loggerTo(output),
  })
  const { chunks: packed, spills } = state
  const frames = [...packed.values(), ...spills.values()].reduce((sum, { entry }) => sum + entry.frames, 0)
  const progress = new Progress(frames, output)
  streamer.addEventListener('progress', (event) =>
    progress.update((event as CustomEvent<ChunkProgress>).detail),
  )
  const drainTimeoutMs = options.drainTimeout * 1000
  try {
    const { pending, chunks, settled, finalizeAsked } = await streamer.resume(dataId, { signal })
    output.note(`${dataId}: ${pending} of ${chunks} chunks are to be stored`)
    if (finalizeAsked || options.end) {
      return endedWith(await streamer.finalize(dataId, { drainTimeoutMs, signal }))
    }
    const isSettled = await within({ signal, graceMs: 0, limitMs: drainTimeoutMs }, (passed) =>
      Promise.race([settled.then(() => true), once(passed, 'abort').then(() => false)]),
    )
    const left = (await journals.look(dataId)).state
    return { ...leftIn(left), error: signal.aborted ? undefined : shortfall(left, isSettled) }
  } catch (error) {
    const receipt = receiptIn(error)
    return { ...(receipt ? endedWith(receipt) : leftIn(state)), error }
  } finally {
    progress.end()
    await streamer.close()
  }
}

function endedWith(receipt: Receipt): ResumedStream {
  const { chunks, stored } = receipt.totals
  return { dataId: receipt.dataId, chunks, pending: chunks - stored, receipt }
}

function leftIn(state: JournalState): ResumedStream {
  const { all, notStored } = knownChunks(state)
  return { dataId: state.session.dataId, chunks: all.length, pending: notStored.length }
}

/** Why chunks of a stream that goes on are not stored. */
function shortfall(state: JournalState, isSettled: boolean): FramewireError | undefined {
  const { dataId } = state.session
  const { notStored } = knownChunks(state)
  if (notStored.length === 0) return undefined
  if (!isSettled) {
    return new FramewireError(
      'upload/undrained',
      `Stream ${dataId}: ${notStored.length} chunk(s) are not stored yet; they stay in the journal. Resume it again, or give a longer --drain-timeout.`,
      { dataId, pending: notStored },
    )
  }
  const reasons = notStored.map((index) => state.chunks.get(index)?.givenUp?.message)
  return new FramewireError(
    'upload/incomplete',
    `Stream ${dataId}: ${notStored.length} chunk(s) were given up, and stay in the journal: ${reasons.find(Boolean)}`,
    { dataId, missing: notStored },
  )
}

function jsonOf({ error, ...stream }: ResumedStream): object {
  if (error === undefined) return stream
  const { code, message } = presentable(error)
  return { ...stream, error: { code, message } }
}

function textOf({ dataId, chunks, pending = 0, receipt, error }: ResumedStream): string {
  const open = error ? '' : '; not ended: its recording was cut off while it was read (--end ends it)'
  const stored = chunks !== undefined && `${chunks - pending} of ${chunks} stored${open}`
  const text = receipt
    ? receiptText(receipt)
    : table([
        ['Stream', dataId],
        ['Chunks', stored],
      ])
  if (error === undefined) return text
  const { code, message } = presentable(error)
  return `${text}\n${table([['Error', `${code}: ${message}`]])}`
}
