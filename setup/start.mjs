import { prepare } from './prepare.mjs'
import { report } from './report.mjs'
import { root } from './step.mjs'

await report(prepare())
const { demo } = await import(`${root}/setup/demo.mjs`)
process.exitCode = await demo({ once: process.argv.includes('--once') || !process.stdout.isTTY })
