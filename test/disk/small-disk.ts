import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, onTestFinished } from 'vitest'

const WHY = 'a small file system can only be mounted by root on Linux'

/** `describe` for suites that mount a file system: skipped with a word why where they cannot, and failing where `CI=true`. */
export function describeWithMount(name: string, suite: () => void): void {
  if (process.platform === 'linux' && process.getuid?.() === 0) return void describe(name, suite)
  if (process.env.CI === 'true') throw new Error(`${name}: ${WHY}`)
  console.warn(`skipped: ${name}: ${WHY}`)
  describe.skip(`${name} (skipped: ${WHY})`, suite)
}

/** A file system of its own, this large, until the test ends. */
export function smallDisk(bytes: number): string {
  const path = mkdtempSync(join(tmpdir(), 'framewire-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'none', path])
  onTestFinished(() => {
    execFileSync('umount', ['-l', path])
    rmSync(path, { recursive: true, force: true })
  })
  return path
}

/** Fill the disk but for so many bytes; answers how to free it. */
export function fill(path: string, left: number): () => void {
  const { bavail, bsize } = statfsSync(path)
  const file = join(path, 'filler')
  writeFileSync(file, new Uint8Array(Math.max(0, bavail * bsize - left)))
  return () => rmSync(file)
}
