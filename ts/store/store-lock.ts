import { makeDurableFolder } from '../disk/disk.js'
import { nodeDisk } from '../disk/disk-node.js'
import { FolderLocked, lockFolder } from '../disk/lock-node.js'
import { FramewireError } from '../errors.js'
import { OWN, storing } from './staging.js'

/**
 * Claim a store for this process: two servers on one store would remove each other's unfinished files. The lock of a
 * process that is gone is taken over. Throws `server/store` where a living process holds it, `server/full`.
 */
export function lockStore(path: string): Promise<() => Promise<void>> {
  return storing(path, async () => {
    const folder = `${path}/${OWN}`
    await makeDurableFolder(nodeDisk, folder)
    return lockFolder(folder).catch((error: unknown) => {
      if (!(error instanceof FolderLocked)) throw error
      throw new FramewireError(
        'server/store',
        `Another server (process ${error.pid}) has this store open. Stop it, or give this server a store of its own.`,
        { path, reason: 'locked' },
        { cause: error },
      )
    })
  })
}
