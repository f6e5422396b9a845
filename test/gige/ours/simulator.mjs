// Our simulator, there, until a line comes; then it says what happened. Argument: its options.
import { once } from 'node:events'
import { createGigeSimulator } from 'framewire/simulator'

const simulator = await createGigeSimulator(JSON.parse(process.argv[2]))
process.stdout.write('ready\n')
await once(process.stdin, 'data')
await simulator.close()
process.stdout.write(`${JSON.stringify(simulator.statistics)}\n`)
process.stdin.destroy()
