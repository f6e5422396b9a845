import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { loadCore } from '../core/load.js'
import type { Disk } from '../disk/disk.js'
import { nodeDisk } from '../disk/disk-node.js'
import { lockFolder } from '../disk/lock-node.js'
import { DirectoryPlace } from './directory.js'
import { keeperOn } from './keeper-node.js'
import type { JournalPlace } from './place.js'

/** Options of {@link journalFolder}. */
export interface JournalFolderOptions {
  /** How much of the disk the chunks of open journals may take together, in bytes. Default: all there is. */
  budgetBytes?: number
  /** Told what a start has mended, and what is left over. Default: the console. */
  warn?: (message: string) => void
}

/**
 * Journals in a folder of this machine: what is journaled there survives the process and the power. Node only.
 * @param path made when the first stream is begun, readable by its owner alone
 */
export function journalFolder(path: string, options: JournalFolderOptions = {}): JournalPlace {
  const { budgetBytes, warn = (message) => console.warn(`framewire: ${message}`) } = options
  return new DirectoryPlace({
    disk: ownDisk,
    path: resolve(path),
    lock: lockFolder,
    hasher() {
      const hash = createHash('sha256')
      return { update: (data) => void hash.update(data), finish: () => ({ sha256: hash.digest('hex') }) }
    },
    keeper: keeperOn(ownDisk, loadCore),
    budgetBytes,
    warn,
    wall: Date.now,
  })
}

/** The file system, with folders that are their owner's alone. */
const ownDisk: Disk = { ...nodeDisk, makeFolder }

/** Not `recursive`: that calls a disk that cannot be written to a missing folder. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, 0o700)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (code !== 'ENOENT') throw error
    await makeFolder(dirname(path))
    await makeFolder(path)
  }
}
