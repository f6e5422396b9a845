import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureCargo, wasmEnvironment } from './rust.mjs'
import { buildShim } from './shim.mjs'
import { fingerprint, isDone, must, once, root, SetupError, say } from './step.mjs'

/** Everything that a checkout needs before it can run: dependencies, tools, the build. Seconds when nothing changed. */
export async function prepare() {
  checkNode()
  const core = coreState()
  // Compilers and npm packages come side by side: together they are most of a first start.
  const [env] = await Promise.all([core.built ? undefined : coreTools(), dependencies()])
  await buildCore(core.key, env)
  await buildShim()
  await bundle()
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 16)) return
  throw new SetupError(`Node ${process.versions.node} is too old; framewire needs 20.16 or later.`)
}

async function dependencies() {
  const key = fingerprint('package.json', 'package-lock.json') + process.version
  await once(join(root, 'node_modules/.framewire-stamp'), key, async () => {
    say('• Installing npm dependencies (package-lock.json changed or first start)')
    // Not npm ci: it insists on the optional packages of every platform, which a registry mirror may lack.
    const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']
    await must('npm', args, { quiet: true, why: 'Installing npm dependencies' })
  })
}

const CORE_STAMP = join(root, 'crates/core-wasm/pkg/.framewire-stamp')

/** What the core is built from, and whether that was done. */
function coreState() {
  const key = fingerprint(
    // The crates that it is made of.
    'crates/pixels',
    'crates/zarr-shard',
    'crates/core-wasm',
    'Cargo.toml',
    'Cargo.lock',
    '.cargo',
    'setup/rust.mjs',
    'setup/zstd-words.mjs',
  )
  return { key, built: isDone(CORE_STAMP, key) }
}

async function coreTools() {
  await ensureCargo()
  return wasmEnvironment(join(root, 'node_modules/.bin'))
}

async function buildCore(key, env) {
  await once(CORE_STAMP, key, async () => {
    say('• Building the WebAssembly core (Rust and libzstd, with SIMD)')
    const args = ['build', '--mode', 'no-install', '--target', 'web', '--release', '--out-name', 'core_wasm']
    await must('wasm-pack', args, {
      cwd: join(root, 'crates/core-wasm'),
      env,
      quiet: true,
      why: 'Building the WebAssembly core',
    })
  })
}

async function bundle() {
  const key = fingerprint(
    'ts',
    'workers',
    'rollup.config.mjs',
    'tsconfig.json',
    'package-lock.json',
    'crates/core-wasm/pkg/.framewire-stamp',
  )
  await once(join(root, 'dist/.framewire-stamp'), key, async () => {
    say('• Bundling the library, the workers and the command')
    rmSync(join(root, 'dist'), { recursive: true, force: true })
    await must('npx', ['rollup', '--config', '--silent'], { quiet: true, why: 'Bundling' })
  })
}
