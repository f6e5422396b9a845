import { FramewireError } from '../errors.js'
import type { SeriesChunkReceipt, SeriesReceipt } from './series-receipt.js'

/** An index of a channel was pushed before, with other points. */
export function reused(
  dataId: string,
  channel: string,
  index: number,
): FramewireError<'stream/chunk-reused'> {
  return new FramewireError(
    'stream/chunk-reused',
    `chunk ${index} of channel '${channel}' was pushed before with other points or units; the first stays. ` +
      'Give each chunk an index of its own (run begins at 0 each time).',
    { dataId, index },
  )
}

/** Uploads were stopped before this chunk was stored. */
export function stopped(dataId: string, pending: readonly number[]): FramewireError<'upload/undrained'> {
  return new FramewireError(
    'upload/undrained',
    'Sending ended before this chunk was stored: finalize ran out of time, or the streamer was closed. ' +
      'With a journal on disk it is kept: resume the stream. Else give finalize a longer drainTimeoutMs.',
    { dataId, pending },
  )
}

/** The waiting ended before every chunk was stored. `kept`: a journal has the rest. */
export function undrained(
  dataId: string,
  late: readonly SeriesChunkReceipt[],
  receipt: SeriesReceipt,
  kept: boolean,
): FramewireError<'upload/undrained'> {
  return new FramewireError(
    'upload/undrained',
    kept
      ? `stream ${dataId}: ${late.length} of its chunks are not stored yet. They are in the journal, and the stream is not ended: resume it.`
      : `stream ${dataId} was ended before ${late.length} of its chunks were stored. Check the service and the key, or give a longer drainTimeoutMs.`,
    { dataId, pending: indexesOf(late), receipt },
  )
}

/** The stream was ended, and not all of it is stored; or its end could not be told. */
export function incomplete(
  dataId: string,
  failed: readonly SeriesChunkReceipt[],
  receipt: SeriesReceipt,
  cause?: Error,
): FramewireError<'upload/incomplete'> {
  const reasons = [
    failed.length > 0
      ? `${failed.length} of its chunks were given up, first: ${failed[0]!.error?.message}`
      : '',
    cause ? `the service could not be told that it is complete: ${cause.message}` : '',
  ]
  return new FramewireError(
    'upload/incomplete',
    `stream ${dataId} is not complete: ${reasons.filter(Boolean).join('; ')}. The receipt in the details names each chunk.`,
    { dataId, missing: indexesOf(failed), receipt },
    { cause },
  )
}

/** Each index once: channels count their chunks apart. */
function indexesOf(chunks: readonly SeriesChunkReceipt[]): number[] {
  return [...new Set(chunks.map(({ index }) => index))]
}
