import { homedir } from 'node:os'
import { join } from 'node:path'
import { journalFolder } from '../journal/folder-node.js'
import type { JournalPlace } from '../journal/place.js'

/** Where journals lie unless the command line says otherwise. */
export function journalPath(given?: string): string {
  return given ?? join(process.env.XDG_DATA_HOME || join(homedir(), '.local/share'), 'framewire', 'journal')
}

/** The journals there. */
export function journalsAt(path: string, warn: (message: string) => void): JournalPlace {
  return journalFolder(path, { warn })
}
