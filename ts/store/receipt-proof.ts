import { z } from 'zod'
import { FramewireError } from '../errors.js'
import type { Problem, VerifyReport } from './verify.js'

/** What of a receipt can be proved against a store. */
export interface ProvableReceipt {
  dataId: string
  chunks: readonly {
    index: number
    state: string
    frames: number
    bytes?: number
    sha256?: string
  }[]
}

const chunk = z.object({
  index: z.int().nonnegative(),
  state: z.string(),
  frames: z.int().positive(),
  bytes: z.int().positive().optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
})
const receipt = z.object({ dataId: z.string(), chunks: z.array(chunk) })
/** What `framewire stream --json` prints. */
const printed = z.object({ streams: z.array(z.object({ receipt })) })

/**
 * The receipt of the stream `dataId` in the JSON of a file: a receipt by itself, or what `framewire stream --json`
 * printed. Throws `server/verify` where there is none.
 */
export function parseReceipt(text: string, dataId: string): ProvableReceipt {
  const refuse = (reason: string, cause?: unknown) =>
    new FramewireError(
      'server/verify',
      `The receipt cannot prove stream ${dataId}: ${reason}. Give the receipt that finalize answered, as JSON, or what framewire stream --json printed.`,
      { dataId, reason },
      { cause },
    )
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw refuse('it is not JSON', error)
  }
  const several = printed.safeParse(json)
  const one = receipt.safeParse(json)
  if (!several.success && !one.success) throw refuse(`it is no receipt (${z.prettifyError(one.error)})`)
  const receipts = one.success
    ? [one.data]
    : several.success
      ? several.data.streams.map((stream) => stream.receipt)
      : []
  const found = receipts.find((known) => known.dataId === dataId)
  if (!found) throw refuse(`it is of ${receipts.map((known) => known.dataId).join(', ') || 'no stream'}`)
  return found
}

/**
 * Where a store differs from a receipt: every chunk that the receipt calls stored must be there, whole, with the bytes
 * that its hash tells. `report` is what the store was found to hold.
 */
export function receiptProblems(report: VerifyReport, { chunks }: ProvableReceipt): Problem[] {
  const held = new Map(report.chunks.map((chunk) => [chunk.index, chunk]))
  const told = new Set(chunks.map(({ index }) => index))
  const problems = chunks.flatMap(({ index, state, frames, bytes, sha256 }): Problem[] => {
    if (state !== 'stored') return []
    const found = held.get(index)
    if (!found) return [{ chunk: index, reason: 'the receipt says that it was stored, but it is not there' }]
    if (found.sha256 !== sha256 || found.bytes !== bytes || found.frames !== frames) {
      const what = (n: number, m: number | undefined, hash: string | undefined) =>
        `${n} frames, ${m} bytes, SHA-256 ${hash}`
      return [
        {
          chunk: index,
          reason: `it holds ${what(found.frames, found.bytes, found.sha256)}; the receipt says ${what(frames, bytes, sha256)}`,
        },
      ]
    }
    return []
  })
  const untold = report.chunks.filter(({ index }) => !told.has(index))
  return [
    ...problems,
    ...untold.map(({ index }) => ({ chunk: index, reason: 'the receipt does not know of it' })),
  ]
}
