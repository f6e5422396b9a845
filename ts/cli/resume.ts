import { hasCode } from '../errors.js'
import { RHEEDStreamer } from '../index.node.js'
import type { JournalPlace } from '../journal/place.js'
import type { Receipt } from '../streaming/receipt.js'
import type { ChunkProgress } from '../streaming/rheed-options.js'
import { interruptible } from './interrupt.js'
import { journalPath, journalsAt } from './journal-place.js'
import { loggerTo } from './logger.js'
import { failed, type Outcome, usage } from './outcome.js'
import type { Output } from './output.js'
import { Progress } from './progress.js'
import { receiptIn, receiptText } from './receipt.js'

/** What the command line says of a resumption. */
export interface ResumeOptions {
  stream?: string
  end?: boolean
  apiKey?: string
  /** Seconds. */
  drainTimeout: number
}

/** What became of one stream. `receipt`: it was ended. */
interface ResumedStream {
  dataId: string
  chunks: number
  pending: number
  receipt?: Receipt
  error?: unknown
}

/** `framewire resume`: send what the journals still hold, each stream after the other. */
export async function resume(
  folder: string | undefined,
  options: ResumeOptions,
  output: Output,
): Promise<Outcome> {
  const apiKey = options.apiKey ?? (process.env.FRAMEWIRE_API_KEY || process.env.AS_API_KEY)
  if (!apiKey)
    throw usage('give an API key: --api-key, or FRAMEWIRE_API_KEY or AS_API_KEY in the environment.')
  const path = journalPath(folder)
  const journals = journalsAt(path, (message) => output.problem(`framewire: ${message}`))
  const known = await journals.list()
  const chosen = options.stream ? known.filter(({ dataId }) => dataId === options.stream) : known
  if (options.stream && chosen.length === 0)
    throw usage(`${path} has no journal of stream ${options.stream}.`)

  return interruptible(
    async (signal, exitCode) => {
      const streams: ResumedStream[] = []
      for (const { dataId, state, error } of chosen) {
        if (signal.aborted) break
        if (hasCode(error, 'journal/unbegun')) {
          await journals.remove(dataId)
          continue
        }
        if (state && state.session.kind !== 'frames') continue
        const endpoint = state?.session.endpoint
        const stream: ResumedStream = { dataId, chunks: state?.chunks.size ?? 0, pending: 0, error }
        streams.push(stream)
        if (endpoint) await resumeOne(stream, { journals, endpoint, apiKey, options, output, signal })
      }
      const wrong = streams.find((stream) => stream.error)
      const value = { journal: path, interrupted: signal.aborted, streams: streams.map(withoutError) }
      const text = streams.map(told).join('\n\n') || `nothing to resume in ${path}`
      if (signal.aborted) return { exitCode: exitCode(), value, text }
      return wrong ? failed(wrong.error, value, text) : { exitCode: 0, value, text }
    },
    () => output.problem('framewire: interrupted: what is not stored stays in the journal.'),
  )
}

async function resumeOne(
  stream: ResumedStream,
  parts: {
    journals: JournalPlace
    endpoint: string
    apiKey: string
    options: ResumeOptions
    output: Output
    signal: AbortSignal
  },
): Promise<void> {
  const { journals, endpoint, apiKey, options, output, signal } = parts
  const { dataId } = stream
  const streamer = new RHEEDStreamer({
    apiKey,
    endpoint,
    journal: journals,
    verbosity: output.quiet ? 0 : output.verbose ? 3 : 1,
    logger: loggerTo(output),
  })
  let progress: Progress | undefined
  streamer.addEventListener('progress', (event) =>
    progress?.update((event as CustomEvent<ChunkProgress>).detail),
  )
  try {
    const { state } = await journals.look(dataId)
    const frames = [...state.chunks.values()].reduce((sum, { entry }) => sum + entry.frames, 0)
    progress = new Progress(frames, output)
    const resumed = await streamer.resume(dataId, { signal })
    Object.assign(stream, { chunks: resumed.chunks, pending: resumed.pending })
    output.note(`${dataId}: ${resumed.pending} of ${resumed.chunks} chunks are to be stored`)
    if (resumed.finalizeAsked || options.end) {
      stream.receipt = await streamer.finalize(dataId, {
        drainTimeoutMs: options.drainTimeout * 1000,
        signal,
      })
    } else {
      await Promise.race([resumed.settled, fired(signal, options.drainTimeout * 1000)])
      const after = await journals.look(dataId)
      stream.pending = [...after.state.chunks.values()].filter(({ stored }) => !stored).length
    }
  } catch (error) {
    stream.error = error
    stream.receipt = receiptIn(error)
  } finally {
    progress?.end()
    await streamer.close()
  }
}

function fired(signal: AbortSignal, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, timeoutMs).unref()
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function withoutError({ error: _, ...stream }: ResumedStream): object {
  return stream
}

function told({ dataId, chunks, pending, receipt }: ResumedStream): string {
  if (receipt) return receiptText('journal', receipt.totals.frames, receipt)
  const open = 'not ended: its recording was cut off while it was read (--end ends it)'
  return `Stream    ${dataId}\nChunks    ${chunks - pending} of ${chunks} stored; ${open}`
}
