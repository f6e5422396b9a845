import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePeers } from './peers.mjs'
import { prepare } from './prepare.mjs'
import { ensurePython } from './python.mjs'
import { report } from './report.mjs'
import { ensureCargo } from './rust.mjs'
import { run, say } from './step.mjs'

/** What a runner reported; a linter that fails counts as one failure. */
const sum = { passed: 0, failed: 0, skipped: 0 }

await report(prepare())
await report(ensureCargo())
const python = await report(ensurePython())
await report(ensurePeers())

await lint('rustfmt', 'cargo', ['fmt', '--all', '--check'])
await lint('clippy', 'cargo', ['clippy', '--workspace', '--all-targets', '--quiet', '--', '-D', 'warnings'])
await lint('biome', 'npx', ['biome', 'ci', '--colors=off', '.'])
await lint('tsc', 'npx', ['tsc'])
await cargoTests()
await vitest()

if (sum.skipped > 0) say(`${sum.skipped} skipped (reasons above)`)
if (process.env.CI === 'true' && sum.skipped > 0) {
  say('A skipped test is a failure where CI=true.')
  sum.failed += sum.skipped
}
process.stdout.write(`${sum.passed} passed, ${sum.failed} failed\n`)
process.exitCode = sum.failed > 0 ? 1 : 0

async function lint(name, command, args) {
  say(`• ${name}`)
  const { code } = await run(command, args, { quiet: true })
  if (code === 0) return
  say(`${name} failed: ${[command, ...args].join(' ')}`)
  sum.failed++
}

async function cargoTests() {
  say('• cargo test')
  const { code, output } = await run('cargo', ['test', '--workspace', '--quiet'], { quiet: true })
  let failed = 0
  for (const [, pass, fail, ignored] of output.matchAll(
    /^test result: .* (\d+) passed; (\d+) failed; (\d+) ignored/gm,
  )) {
    sum.passed += Number(pass)
    failed += Number(fail)
    sum.skipped += Number(ignored)
  }
  // A crate that does not compile reports no test at all.
  sum.failed += code !== 0 && failed === 0 ? 1 : failed
}

async function vitest() {
  say('• vitest')
  const folder = mkdtempSync(join(tmpdir(), 'framewire-vitest-'))
  const file = join(folder, 'result.json')
  try {
    const args = ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
    const { code } = await run('npx', args, { env: { FRAMEWIRE_PYTHON: python } })
    const result = JSON.parse(readFileSync(file, 'utf8'))
    sum.passed += result.numPassedTests
    // A file that does not load, or an error outside of any test, has no failed test to count.
    sum.failed += code !== 0 && result.numFailedTests === 0 ? 1 : result.numFailedTests
    sum.skipped += result.numPendingTests + (result.numTodoTests ?? 0)
  } catch (error) {
    say(`vitest gave no result: ${error}`)
    sum.failed++
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
