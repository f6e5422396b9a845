import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { prepare } from './prepare.mjs'
import { ensurePython } from './python.mjs'
import { report } from './report.mjs'
import { ensureCargo } from './rust.mjs'
import { must, root, say } from './step.mjs'

const { values: options } = parseArgs({
  options: {
    movie: { type: 'string', default: process.env.FRAMEWIRE_MOVIE },
    rounds: { type: 'string', default: '7' },
    json: { type: 'boolean', default: false },
  },
})
const rounds = Number(options.rounds)

await report(prepare())
await report(ensureCargo())
const python = await report(ensurePython())
const native = await report(nativePacker())

const { makeInputs } = await import('../test/bench/input.mjs')
const { contest, details } = await import('../test/bench/contest.mjs')
const { comparisons, targets } = await import('../test/bench/targets.mjs')
const { contestantsOf, reportText } = await import('../test/bench/report.mjs')
const { spread } = await import('../test/bench/rounds.mjs')
const { costs } = await import('../test/bench/costs.mjs')

const scratch = mkdtempSync(join(tmpdir(), 'framewire-bench-'))
try {
  const { note, inputs } = makeInputs(scratch, options.movie)
  const results = {}
  const extras = {}
  for (const input of inputs) {
    const told = (text) => say(`• ${input.title}: ${text}`)
    results[input.name] = await contest(input, { rounds, python, native, scratch, say: told })
    told('push, and the parts of packaging')
    extras[input.name] = await details(input, { rounds })
  }
  const { pushes } = extras.movie
  const summary = {
    note,
    machine: `${cpus().length} x ${cpus()[0].model}, Node ${process.version}`,
    rounds,
    inputs: inputs.map(({ name, title }) => ({
      title,
      contestants: contestantsOf(results[name]),
      comparisons: comparisons(results[name]),
    })),
    parts: Object.fromEntries(
      inputs.map(({ name, title }) => [title, costs(results[name], extras[name].parts)]),
    ),
    push: pushes.map(({ chunkBytes, milliseconds }) => ({
      chunkBytes,
      median: spread(milliseconds).median,
      longest: Math.max(...milliseconds),
    })),
    targets: targets(results, extras),
  }
  process.stdout.write(options.json ? `${JSON.stringify(summary, null, 2)}\n` : `\n${reportText(summary)}\n`)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

/** The crate's own packer and plain libzstd as a program of this machine. */
async function nativePacker() {
  say('• Building the native packer that the WebAssembly one is compared with')
  const args = [
    'build',
    '--release',
    '--quiet',
    '--package',
    'framewire-zarr-shard',
    '--example',
    'pack_native',
  ]
  await must('cargo', [...args, '--target-dir', 'target'], { quiet: true, why: 'Building the native packer' })
  return join(root, 'target/release/examples/pack_native')
}
