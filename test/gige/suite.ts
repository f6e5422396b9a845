import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe } from 'vitest'
import { hindrance } from './network.js'

/** `describe` for suites that need a network of their own: skipped elsewhere with a word why, failed where `CI=true`. */
export function describeWithLink(name: string, suite: () => void): void {
  describeUnless(hindrance(), name, suite)
}

/** {@link describeWithLink} for suites that also run programs of others. */
export function describeWithPeers(name: string, programs: readonly string[], suite: () => void): void {
  const missing = programs.filter((program) => !isInstalled(program))
  const lack =
    missing.length > 0
      ? `not installed: ${missing.join(', ')}; \`npm test\` installs what is missing as root`
      : undefined
  describeUnless(hindrance() ?? lack, name, suite)
}

function describeUnless(why: string | undefined, name: string, suite: () => void): void {
  if (why === undefined) return void describe(name, suite)
  if (process.env.CI === 'true') throw new Error(`${name}: ${why}`)
  console.warn(`skipped: ${name}: ${why}`)
  describe.skip(`${name} (skipped: ${why})`, suite)
}

/** By its name on the PATH, or by its own path. */
function isInstalled(program: string): boolean {
  return ['', ...(process.env.PATH ?? '').split(delimiter)].some((folder) =>
    existsSync(join(folder, program)),
  )
}
