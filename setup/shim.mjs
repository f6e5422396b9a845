import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureCargo } from './rust.mjs'
import { fingerprint, must, once, root, say } from './step.mjs'

/** Where the loader (node-gyp-build) looks for the shim, and what it may run on by its name. */
const folder = join(root, `prebuilds/${process.platform}-${process.arch}`)
const libc = process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl'
const addon = join(folder, `framewire-udp-shim.napi.${libc}.node`)

/** Build the native shim where it is missing or its sources changed; on Linux alone, elsewhere Node's sockets serve. */
export async function buildShim() {
  if (process.platform !== 'linux') return
  const stamp = join(folder, '.framewire-stamp')
  if (!existsSync(addon)) rmSync(stamp, { force: true })
  await once(stamp, fingerprint('crates/udp-shim', 'Cargo.toml', 'Cargo.lock'), async () => {
    await ensureCargo()
    say('• Building the native shim (Rust, UDP sockets)')
    const args = ['build', '--release', '--package', 'framewire-udp-shim']
    const env = { CARGO_TARGET_DIR: join(root, 'target') }
    await must('cargo', args, { env, quiet: true, why: 'Building the native shim' })
    mkdirSync(folder, { recursive: true })
    // Renamed into place: the old file may be in use, and writing into it would end that process.
    copyFileSync(join(root, 'target/release/libframewire_udp_shim.so'), `${addon}.new`)
    renameSync(`${addon}.new`, addon)
  })
}

/** The camera that benchmarks and soaks receive from, and the receiver that looks at nothing. */
export async function buildNativeEnds() {
  await ensureCargo()
  say('• Building the native sender and the bare receiver')
  const examples = ['--example', 'camera', '--example', 'bare_receiver']
  const args = ['build', '--release', '--quiet', '--package', 'framewire-udp-shim', ...examples]
  await must('cargo', [...args, '--target-dir', 'target'], { quiet: true, why: 'Building the native sender' })
}
