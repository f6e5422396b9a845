// Our simulator, until a line comes; then it says what happened. Argument: its options as JSON.
import { once } from 'node:events'
import { createGigeSimulator } from 'framewire/simulator'

const simulator = await createGigeSimulator(JSON.parse(process.argv[2]))
process.stdout.write('ready\n')
await once(process.stdin, 'data')
await simulator.close()
const said = { statistics: simulator.statistics, records: simulator.records() }
process.stdout.write(
  `${JSON.stringify(said, (_, value) => (typeof value === 'bigint' ? Number(value) : value))}\n`,
)
process.stdin.destroy()
