import { readFile, rm, writeFile } from 'node:fs/promises'
import { FramewireError } from '../errors.js'

/** Locks that this very process holds: a process id found in a file says nothing when it is our own. */
const held = new Set<string>()

/**
 * Claim a store for this process: two servers on one store would remove each other's unfinished files. The lock of a
 * process that is gone is taken over. Throws `server/store` where a living process holds it.
 */
export async function lockStore(path: string): Promise<() => Promise<void>> {
  const mine = String(process.pid)
  for (;;) {
    try {
      await writeFile(path, mine, { flag: 'wx' })
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const owner = await readFile(path, 'utf8')
      if (owner === mine ? held.has(path) : isAlive(Number(owner))) {
        throw new FramewireError(
          'server/store',
          `Another server (process ${owner}) has this store open. Stop it, or give this server a store of its own.`,
          { path, reason: 'locked' },
        )
      }
      await rm(path, { force: true })
    }
  }
  held.add(path)
  return async () => {
    held.delete(path)
    await rm(path, { force: true })
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
