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
  options: { seconds: { type: 'string', default: '60' }, json: { type: 'boolean', default: false } },
})

await report(prepare())
await report(ensureCargo())
await report(ensurePeers())
const python = await report(ensurePython())
await report(buildNativeEnds())

// The link and the sender of the tests are TypeScript.
const { runnerImport } = await import('vite')
const load = async (file) => (await runnerImport(join(root, 'test/gige', file))).module
const { layLink, hindrance } = await load('network.ts')
const { startSender } = await load('native-sender.ts')
const why = hindrance()
if (why) await report(Promise.reject(new SetupError(`the benchmark needs a link of its own: ${why}`)))

const { bench } = await import('../test/bench/gige/bench.mjs')
const { reportText } = await import('../test/bench/gige/report.mjs')
const result = await bench({ seconds: Number(options.seconds), python, layLink, startSender, say })
process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `\n${reportText(result)}\n`)
