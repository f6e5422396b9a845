import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Link } from './network.js'

/** Of each packet so much is kept: control packets whole, of images the beginning. */
const KEPT_BYTES = 640

/** What is being heard at this end of a link. */
export interface Capture {
  /** Hear no more. */
  stop(): Promise<Heard>
}

/** What was heard, as tshark reads it. Filters are its display filters. */
export interface Heard {
  /** Packets that the filter lets pass. */
  count(filter: string): Promise<number>
  /** Some fields of each of them, by tshark's names. */
  packets<Field extends string>(filter: string, ...fields: Field[]): Promise<Record<Field, string>[]>
  /** The packets, one a line, that tshark calls malformed, of those that the filter lets pass. */
  malformed(filter: string): Promise<string[]>
  /** The file is not needed any more. */
  remove(): void
}

/** Hear everything that passes this end of a link. */
export async function capture(link: Link): Promise<Capture> {
  const folder = mkdtempSync(join(tmpdir(), 'framewire-capture-'))
  const file = join(folder, 'heard.pcapng')
  const args = ['-i', link.device, '-s', String(KEPT_BYTES), '-B', '64', '-w', file]
  const dumpcap = link.run('here', 'dumpcap', args, { lifetimeMs: 300_000 })
  await dumpcap.line(/^File: /)
  return {
    async stop() {
      await settled(file)
      await dumpcap.stop()
      const lost = dumpcap.lines.join('\n').match(/dropped on interface '.*': \d+\/(\d+)/)?.[1]
      if (lost !== '0') throw new Error(`packets were not heard: ${dumpcap.lines.join('\n')}`)
      const read = (...options: string[]) => tshark(['-n', '-r', file, ...options])
      return {
        count: async (filter) => (await read('-Y', filter, '-T', 'fields', '-e', 'frame.number')).length,
        async packets(filter, ...fields) {
          const names = fields.flatMap((field) => ['-e', field])
          const rows = await read('-Y', filter, '-T', 'fields', '-E', 'separator=/t', ...names)
          return rows.map((row) => {
            const values = row.split('\t')
            return Object.fromEntries(fields.map((field, i) => [field, values[i]!])) as Record<
              (typeof fields)[number],
              string
            >
          })
        },
        malformed: (filter) => read('-Y', `_ws.malformed && (${filter})`),
        remove: () => rmSync(folder, { recursive: true, force: true }),
      }
    },
  }
}

/** Wait until what was heard is in the file: it gets there in pieces, a few in a second. */
async function settled(file: string): Promise<void> {
  for (let same = 0, size = -1; same < 3; ) {
    await sleep(300)
    const now = statSync(file).size
    same = now === size ? same + 1 : 0
    size = now
  }
}

async function tshark(args: string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)('tshark', args, { maxBuffer: 1 << 28 })
  return stdout.split('\n').filter((line) => line !== '')
}
