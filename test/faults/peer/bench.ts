import { allCells } from '../cell.js'
import { contest, type Result } from './contest.js'
import { framewire, lingeringSdk, sdk } from './peers.js'
import { legend, losses, table } from './table.js'

/** What came of all cells with one peer. */
export interface Entry {
  name: string
  results: Result[]
}

/** Every fault at every operation, with the service's own SDK and with ours. `say` is told how far it is. */
export async function benchFaults(python: string, say: (text: string) => void): Promise<Entry[]> {
  const cells = allCells(() => true)
  const entries: Entry[] = []
  for (const make of [() => sdk(python), () => lingeringSdk(python), () => framewire]) {
    const peer = make()
    say(`• ${peer.name}`)
    const results = await contest(peer, cells, (done) => {
      if (done % 50 === 0) say(`  ${done} cells`)
    })
    await peer.close()
    entries.push({ name: peer.name, results })
  }
  return entries
}

/** The entries for people. */
export function textOf(entries: readonly Entry[]): string {
  const tables = entries.map(({ name, results }) => table(name, results))
  const sums = entries.map(({ name, results }) => losses(name, results))
  return [...tables, legend(), ...sums].join('\n\n')
}
