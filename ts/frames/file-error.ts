import { FramewireError } from '../errors.js'

/** A recording that is damaged or not what its name says. `reason` completes "rec.npy: ...". */
export function damaged(
  path: string,
  reason: string,
  options?: { offset?: number; cause?: unknown },
): FramewireError<'frames/file-format'> {
  return new FramewireError(
    'frames/file-format',
    `${path}: ${reason}`,
    { path, reason, ...(options?.offset === undefined ? {} : { offset: options.offset }) },
    { cause: options?.cause },
  )
}

/** A recording that is sound, but of a kind that is not read; `reason` says what to do instead. */
export function unsupported(path: string, reason: string): FramewireError<'frames/file-unsupported'> {
  return new FramewireError('frames/file-unsupported', `${path}: ${reason}`, { path, reason })
}

/** A recording that ends before what its own header promises. */
export function truncated(
  path: string,
  expectedBytes: number,
  actualBytes: number,
): FramewireError<'frames/file-truncated'> {
  return new FramewireError(
    'frames/file-truncated',
    `${path}: cut short, ${expectedBytes} bytes are needed and there are ${actualBytes}. Copy it again from its source; if it is still being written, wait for the end.`,
    { path, expectedBytes, actualBytes },
  )
}

/** A recording, or what it unpacks to, that is over a limit; `reason` says which and what to do. */
export function tooLarge(
  path: string,
  limitBytes: number,
  reason: string,
): FramewireError<'frames/file-too-large'> {
  return new FramewireError('frames/file-too-large', `${path}: ${reason}`, { path, limitBytes })
}
