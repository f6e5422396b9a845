import { writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { steps } from '../durability/steps.mjs'

/** The command, its steps counted: killed at the one it is told, else it tells how many there were. */
const { args } = JSON.parse(process.argv[2])
process.on('exit', () => {
  const count = Object.values(steps).reduce((sum, one) => sum + one, 0)
  writeSync(2, `\n${JSON.stringify({ steps: count })}\n`)
})
const cli = new URL('../../dist/cli.js', import.meta.url)
process.argv = [process.argv[0], fileURLToPath(cli), ...args]
await import(cli)
