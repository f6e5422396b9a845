import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

it('documents every public symbol, with links that lead somewhere', () => {
  const out = mkdtempSync(join(tmpdir(), 'framewire-docs-'))
  try {
    // A warning is an error there: a symbol without a comment, a link to nothing.
    execFileSync(join(root, 'node_modules/.bin/typedoc'), ['--out', out], { cwd: root, stdio: 'pipe' })
    expect(readdirSync(out)).toContain('index.html')
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
})
