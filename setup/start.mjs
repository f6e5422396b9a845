import { prepare } from './prepare.mjs'
import { report } from './report.mjs'
import { root, say } from './step.mjs'

await report(prepare())
const { demo } = await import(`${root}/setup/demo.mjs`)
try {
  process.exitCode = await demo({ once: process.argv.includes('--once') || !process.stdout.isTTY })
} catch (error) {
  // Our own errors say what to do; a stack would hide it.
  if (!error.code) throw error
  say(`\n${error.code}: ${error.message}`)
  process.exitCode = 1
}
