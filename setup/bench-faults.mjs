import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { prepare } from './prepare.mjs'
import { ensurePython } from './python.mjs'
import { report } from './report.mjs'
import { root, say } from './step.mjs'

const { values: options } = parseArgs({ options: { json: { type: 'boolean', default: false } } })

await report(prepare())
const python = await report(ensurePython())

// The tests' proxy and clients are TypeScript.
const { runnerImport } = await import('vite')
const { module } = await runnerImport(join(root, 'test/faults/peer/bench.ts'))
const entries = await module.benchFaults(python, say)
process.stdout.write(options.json ? `${JSON.stringify(entries, null, 2)}\n` : `\n${module.textOf(entries)}\n`)
