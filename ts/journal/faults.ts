import { FramewireError } from '../errors.js'

/** A log, or a chunk's file, that is not as it was written. `reason` completes "...: "; it names the place. */
export function damaged(
  path: string,
  reason: string,
  { cause, ...place }: { offset?: number; chunk?: number; cause?: unknown } = {},
): FramewireError<'journal/damaged'> {
  const at = place.offset === undefined ? '' : ` (byte ${place.offset})`
  return new FramewireError(
    'journal/damaged',
    `${path}: ${reason}${at}. Nothing was changed. Copy the journal before anything else, then check the disk.`,
    { path, reason, ...place },
    { cause },
  )
}

/** A state that only a defect of framewire makes. */
export function defect(reason: string): FramewireError<'core/internal'> {
  return new FramewireError('core/internal', `The journal: ${reason}. This is a defect; please report it.`, {
    reason,
  })
}

/** Do something with the disk; what the system refuses becomes a framewire error that names `path`. */
export async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw fromSystem(path, error)
  }
}

/** What the system's refusal means for a journal. An error that is not the system's stays as it is. */
export function fromSystem(path: string, cause: unknown): unknown {
  const reason = systemCode(cause)
  if (reason === undefined) return cause
  switch (reason) {
    case 'ENOENT':
      return new FramewireError(
        'journal/vanished',
        `${path} is gone: the journal was moved or removed while it was in use. Bring it back and resume from it.`,
        { path },
        { cause },
      )
    case 'ENOSPC':
    case 'EDQUOT':
      return new FramewireError(
        'journal/full',
        `${path}: the disk is full. What was journaled stays; free some space or give the journal another disk.`,
        { path },
        { cause },
      )
    case 'ENOTDIR':
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new FramewireError(
        'journal/disk',
        `${path} cannot be written to (${reason}). Choose another folder for the journal, or mend its permissions.`,
        { path, reason },
        { cause },
      )
    default:
      return new FramewireError(
        'journal/disk',
        `${path}: the system could not read or write it (${reason}). What was journaled stays; check the disk, then resume.`,
        { path, reason },
        { cause },
      )
  }
}

/** The system's word for what it refused (`ENOENT` ...), if this is its error. */
export function systemCode(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined
}
