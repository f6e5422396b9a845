import { z } from 'zod'
import { FramewireError } from '../errors.js'
import type { FramesReport, Problem, SeriesReport, VerifyReport } from './verify.js'

/** A chunk of frames as a receipt tells of it. */
export interface ProvableFrames {
  index: number
  state: string
  frames: number
  bytes?: number
  sha256?: string
}

/** A chunk of channels as a receipt tells of it. */
export interface ProvablePoints {
  index: number
  state: string
  channels: readonly string[]
  /** Of all its channels. */
  points: number
}

/** What of a receipt can be proved against a store. */
export interface ProvableReceipt {
  dataId: string
  chunks: readonly (ProvableFrames | ProvablePoints)[]
}

const chunk = { index: z.int().nonnegative(), state: z.string() }
const frames = z.object({
  ...chunk,
  frames: z.int().positive(),
  bytes: z.int().positive().optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
})
const points = z.object({ ...chunk, channels: z.array(z.string()), points: z.int().nonnegative() })
const receipt = z.object({ dataId: z.string(), chunks: z.array(z.union([frames, points])) })
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
 * Where a store differs from a receipt: every chunk that the receipt calls stored must be there, one of frames with the
 * bytes that its hash tells, one of channels with as many points. `report` is what the store was found to hold.
 */
export function receiptProblems(report: VerifyReport, { chunks }: ProvableReceipt): Problem[] {
  const { held, untold } = report.kind === 'frames' ? ofFrames(report, chunks) : ofSeries(report, chunks)
  const problems = chunks.flatMap((chunk): Problem[] => {
    if (chunk.state !== 'stored') return []
    const { index } = chunk
    const [found, told] = [held(chunk), 'frames' in chunk ? framesText(chunk) : pointsText(chunk)]
    if (found === told) return []
    return found === undefined
      ? [{ chunk: index, reason: 'the receipt says that it was stored, but it is not there' }]
      : [{ chunk: index, reason: `it holds ${found}; the receipt says ${told}` }]
  })
  return [...problems, ...untold]
}

type Chunks = ProvableReceipt['chunks']

/** A store beside a receipt. */
interface Comparison {
  /** What the store holds of a chunk of the receipt, in words. */
  held(chunk: Chunks[number]): string | undefined
  /** What the store holds and the receipt does not know. */
  untold: Problem[]
}

function ofFrames(report: FramesReport, chunks: Chunks): Comparison {
  const stored = new Map(report.chunks.map((chunk) => [chunk.index, chunk]))
  const told = new Set(chunks.map(({ index }) => index))
  return {
    held: (chunk) => {
      const found = 'frames' in chunk ? stored.get(chunk.index) : undefined
      return found && framesText(found)
    },
    untold: report.chunks
      .filter(({ index }) => !told.has(index))
      .map(({ index }) => ({ chunk: index, reason: 'the receipt does not know of it' })),
  }
}

function ofSeries(report: SeriesReport, chunks: Chunks): Comparison {
  const key = (index: number, channel: string) => `${index} ${channel}`
  const stored = new Map(report.chunks.map(({ index, channel, points }) => [key(index, channel), points]))
  const told = new Set(
    chunks.flatMap((chunk) =>
      'channels' in chunk ? chunk.channels.map((name) => key(chunk.index, name)) : [],
    ),
  )
  return {
    held: (chunk) => {
      if (!('channels' in chunk)) return undefined
      const { index } = chunk
      const channels = chunk.channels.filter((name) => stored.has(key(index, name)))
      const points = channels.reduce((sum, name) => sum + stored.get(key(index, name))!, 0)
      return channels.length > 0 ? pointsText({ channels, points }) : undefined
    },
    untold: report.chunks
      .filter(({ index, channel }) => !told.has(key(index, channel)))
      .map(({ index, channel }) => ({
        chunk: index,
        reason: `the receipt does not know of its channel "${channel}"`,
      })),
  }
}

function framesText({ frames, bytes, sha256 }: Pick<ProvableFrames, 'frames' | 'bytes' | 'sha256'>): string {
  return `${frames} frames, ${bytes} bytes, SHA-256 ${sha256}`
}

function pointsText({ channels, points }: Pick<ProvablePoints, 'channels' | 'points'>): string {
  return `${points} points of ${channels.map((name) => `"${name}"`).join(', ')}`
}
