import { FramewireError, isFramewireError } from '../errors.js'
import type { GivenUp } from '../journal/records.js'
import type { ChunkReceipt, Receipt } from './receipt.js'

/** No stream of this streamer has the id. */
export function unknownId(dataId: string): FramewireError<'stream/unknown-id'> {
  return new FramewireError(
    'stream/unknown-id',
    `no stream initialized for data id ${dataId}; call initialize first and use the id it answers`,
    { dataId },
  )
}

/** The stream takes nothing any more. */
export function finalized(dataId: string): FramewireError<'stream/finalized'> {
  return new FramewireError(
    'stream/finalized',
    `stream ${dataId} was finalized; nothing can be added. Initialize another stream.`,
    { dataId },
  )
}

/** The streamer takes nothing any more. */
export function closed(): FramewireError<'stream/closed'> {
  return new FramewireError('stream/closed', 'this streamer was closed; make another one', {})
}

/** The waiting ended before every chunk was stored. `kept`: a journal has the rest. */
export function undrained(
  dataId: string,
  pending: readonly ChunkReceipt[],
  receipt: Receipt,
  kept: boolean,
): FramewireError<'upload/undrained'> {
  const list = pending.map(({ index }) => index)
  return new FramewireError(
    'upload/undrained',
    kept
      ? `Stream ${dataId}: ${list.length} chunk(s) are not stored yet (${shortly(list)}). They are in the journal, and the stream is not ended: resume it.`
      : `Stream ${dataId} was ended while ${list.length} chunk(s) were not stored (${shortly(list)}). Check the service and the key, and give a longer drainTimeoutMs.`,
    { dataId, pending: list, receipt },
  )
}

/** The stream was ended, and not all of it is stored. */
export function incomplete(
  dataId: string,
  missing: readonly ChunkReceipt[],
  receipt: Receipt,
  cause?: Error,
): FramewireError<'upload/incomplete'> {
  const list = missing.map(({ index }) => index)
  const reasons = [
    list.length > 0 &&
      `${list.length} chunk(s) were given up (${shortly(list)}): ${missing[0]?.error?.message}`,
    receipt.refused.length > 0 &&
      `${receipt.refused.length} push(es) contradicted earlier ones: ${receipt.refused[0]?.error.message}`,
    cause && `the service could not be told that the stream is complete: ${cause.message}`,
  ].filter((reason) => typeof reason === 'string')
  return new FramewireError(
    'upload/incomplete',
    `Stream ${dataId} is not complete. ${reasons.join('; ')}. The receipt in details.receipt names each.`,
    { dataId, missing: list, receipt },
    { cause },
  )
}

/** An error as receipts and journals tell it. */
export function named(error: unknown): GivenUp {
  if (isFramewireError(error)) return { code: error.code, message: error.message }
  return { code: 'core/internal', message: String(error) }
}

function shortly(indexes: readonly number[]): string {
  return indexes.length > 8 ? `${indexes.slice(0, 8).join(', ')}, ...` : indexes.join(', ')
}
