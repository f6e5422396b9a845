import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensurePeers } from './peers.mjs'
import { prepare } from './prepare.mjs'
import { ensurePython } from './python.mjs'
import { report } from './report.mjs'
import { ensureCargo } from './rust.mjs'
import { buildNativeEnds } from './shim.mjs'
import { root, SetupError, say } from './step.mjs'

const { values: options } = parseArgs({
  options: {
    frames: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
  },
})

await report(prepare())
await report(ensureCargo())
await report(ensurePeers())
const python = await report(ensurePython())
await report(buildNativeEnds())

// The link of the tests is TypeScript.
const { runnerImport } = await import('vite')
const { layLink, hindrance } = (await runnerImport(join(root, 'test/gige/network.ts'))).module
const why = hindrance()
if (why) await report(Promise.reject(new SetupError(`the benchmark needs a link of its own: ${why}`)))

const { bench } = await import('../test/bench/telops/bench.mjs')
const { reportText } = await import('../test/bench/telops/report.mjs')
const { frames, rounds, seconds } = options
const numbers = { frames: Number(frames), rounds: Number(rounds), seconds: Number(seconds) }
const result = await bench({ ...numbers, python, layLink, say })
process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `\n${reportText(result)}\n`)
