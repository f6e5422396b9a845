import { run } from './step.mjs'

/** The linters alone, in the order of their speed. */
const checks = [
  ['cargo', ['fmt', '--all', '--check']],
  ['npx', ['biome', 'ci', '.']],
  ['npx', ['tsc']],
  ['cargo', ['clippy', '--workspace', '--all-targets', '--quiet', '--', '-D', 'warnings']],
]
for (const [command, args] of checks) {
  const { code } = await run(command, args)
  if (code !== 0) process.exitCode = 1
}
