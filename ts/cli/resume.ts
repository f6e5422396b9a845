import { hasCode } from '../errors.js'
import type { JournalPlace } from '../journal/place.js'
import type { JournalState } from '../journal/state.js'
import { apiKey } from './api-key.js'
import { interruptible } from './interrupt.js'
import { journalPath, journalsIn } from './journal-place.js'
import { failed, type Outcome, presentable } from './outcome.js'
import type { Output } from './output.js'
import { receiptText } from './receipt.js'
import { type ResumedStream, type Resumption, resumeStream } from './resumption.js'
import { seriesReceiptText } from './series-receipt-text.js'
import { table } from './table.js'

/** What the command line says of a resumption. */
export interface ResumeOptions {
  stream?: string
  end?: boolean
  apiKey?: string
  /** Seconds. */
  drainTimeout: number
}

/** `framewire resume`: go on with what the journals have, each stream after the other. */
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
      const { end, drainTimeout } = options
      const drainTimeoutMs = drainTimeout * 1000
      const streams: ResumedStream[] = []
      for (const dataId of chosen) {
        if (signal.aborted) break
        const stream = await resumeOne(dataId, { journals, key, end, drainTimeoutMs, output, signal })
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

/** What became of the stream of a journal; nothing where there is none to go on with. */
async function resumeOne(dataId: string, resumption: Resumption): Promise<ResumedStream | undefined> {
  try {
    const state = await begun(resumption.journals, dataId)
    return state && (await resumeStream(state, resumption))
  } catch (error) {
    return { dataId, error }
  }
}

/**
 * What a journal says; nothing where it is a local store by now, or a crash came before it was begun: then it is taken
 * away.
 */
async function begun(journals: JournalPlace, dataId: string): Promise<JournalState | undefined> {
  try {
    return (await journals.look(dataId)).state
  } catch (error) {
    if (hasCode(error, 'journal/unbegun')) await journals.remove(dataId)
    else if (!hasCode(error, 'journal/kept')) throw error
    return undefined
  }
}

function jsonOf({ error, ...stream }: ResumedStream): object {
  if (error === undefined) return stream
  const { code, message } = presentable(error)
  return { ...stream, error: { code, message } }
}

function textOf({ dataId, file, frames = 0, chunks, pending = 0, receipt, error }: ResumedStream): string {
  const open = error ? '' : '; not ended: its end was not asked for (--end ends it)'
  const stored = chunks !== undefined && `${chunks - pending} of ${chunks} stored${open}`
  const left = table([
    ['File', file],
    ['Stream', dataId],
    ['Chunks', stored],
  ])
  const text =
    receipt === undefined
      ? left
      : 'streamName' in receipt
        ? receiptText(receipt, file === undefined ? undefined : { name: file, frames })
        : seriesReceiptText(receipt)
  if (error === undefined) return text
  const { code, message } = presentable(error)
  return `${text}\n${table([['Error', `${code}: ${message}`]])}`
}
