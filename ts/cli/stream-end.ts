import { hasCode } from '../errors.js'
import type { RHEEDStreamer } from '../index.node.js'
import type { JournalPlace } from '../journal/place.js'
import type { Receipt } from '../streaming/receipt.js'
import { within } from './deadline.js'
import { receiptIn } from './receipt.js'
import { quoted } from './shell.js'

/** How long a command that is interrupted at the end of a stream still sends: mostly that is all there is. In ms. */
const INTERRUPTED_DRAIN_MS = 3_000

/** How a stream ended, or was left. */
export interface Ended {
  receipt?: Receipt
  /** How to go on with it. */
  hint?: string
  error?: unknown
}

/** A stream of which all was taken that comes. */
export interface Ending {
  streamer: RHEEDStreamer
  /** None after `--no-journal`. */
  journals?: JournalPlace
  /** As the command line says; `drainTimeout` in seconds. */
  options: { journal?: string | false; drainTimeout: number }
  /** Fires at an interruption. */
  signal: AbortSignal
}

/** Wait until all that was taken is stored, and end the stream. */
export async function endStream(
  dataId: string,
  { streamer, journals, options, signal }: Ending,
): Promise<Ended> {
  const drainTimeoutMs = options.drainTimeout * 1000
  // With a journal an interruption does not wait for long: what was taken is there, and is sent when it is resumed.
  const graceMs = journals ? INTERRUPTED_DRAIN_MS : Number.POSITIVE_INFINITY
  try {
    const receipt = await within({ signal, graceMs }, (passed) =>
      streamer.finalize(dataId, { drainTimeoutMs, signal: passed }),
    )
    return { receipt }
  } catch (error) {
    const receipt = receiptIn(error) as Receipt | undefined
    if (!signal.aborted || !journals || !hasCode(error, 'upload/undrained')) return { receipt, error }
    const { length } = error.details.pending
    return {
      receipt,
      hint: `${length} chunk(s) of stream ${dataId} are in the journal. To send them: ${resumeCommand(options)}`,
    }
  }
}

/** The command that goes on with streams that were left in their journals. */
export function resumeCommand({ journal }: Ending['options']): string {
  return journal ? `framewire resume ${quoted(journal)}` : 'framewire resume'
}
