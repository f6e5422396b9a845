import { FramewireError } from '../errors.js'

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
