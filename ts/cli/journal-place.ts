import { homedir } from 'node:os'
import { join } from 'node:path'
import { journalFolder } from '../journal/folder-node.js'
import type { JournalPlace } from '../journal/place.js'
import type { Output } from './output.js'

/** Where journals lie unless the command line says otherwise. */
export function journalPath(given?: string): string {
  return given ?? join(process.env.XDG_DATA_HOME || join(homedir(), '.local/share'), 'framewire', 'journal')
}

/** The journals in a folder; what they have to say is said to the user. */
export function journalsIn(path: string, output: Output): JournalPlace {
  return journalFolder(path, { warn: (message) => output.problem(`framewire: ${message}`) })
}
