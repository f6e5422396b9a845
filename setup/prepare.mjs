import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureCargo, wasmEnvironment } from './rust.mjs'
import { buildShim } from './shim.mjs'
import { fingerprint, isDone, must, once, root, SetupError, say } from './step.mjs'

/** Everything that a checkout needs before it can run: dependencies, tools, the build. Seconds when nothing changed. */
export async function prepare() {
  checkNode()
  const modules = MODULES.map((module) => ({ ...module, ...stateOf(module) }))
  // Compilers and npm packages come side by side: together they are most of a first start.
  const [env] = await Promise.all([
    modules.every(({ built }) => built) ? undefined : wasmCompilers(),
    dependencies(),
  ])
  for (const module of modules) await buildModule(module, env)
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

/** The WebAssembly modules: a crate that is the face of others, and those. */
const MODULES = [
  { name: 'core', of: ['pixels', 'zarr-shard'], what: 'the WebAssembly core (Rust and libzstd, with SIMD)' },
  {
    name: 'gige',
    of: ['gige-vision', 'reassembly', 'simulator', 'telops'],
    what: "cameras' packets for WebAssembly",
  },
  { name: 'genicam', of: [], what: 'the GenICam node map for WebAssembly' },
]

const stampOf = (name) => `crates/${name}-wasm/pkg/.framewire-stamp`

/** What a module is built from, and whether that was done. */
function stateOf({ name, of }) {
  const key = fingerprint(
    ...of.map((crate) => `crates/${crate}`),
    `crates/${name}-wasm`,
    'Cargo.toml',
    'Cargo.lock',
    '.cargo',
    'setup/rust.mjs',
    'setup/zstd-words.mjs',
  )
  return { key, built: isDone(join(root, stampOf(name)), key) }
}

async function wasmCompilers() {
  await ensureCargo()
  return wasmEnvironment(join(root, 'node_modules/.bin'))
}

async function buildModule({ name, what, key }, env) {
  await once(join(root, stampOf(name)), key, async () => {
    say(`• Building ${what}`)
    const args = [
      'build',
      '--mode',
      'no-install',
      '--target',
      'web',
      '--release',
      '--out-name',
      `${name}_wasm`,
    ]
    await must('wasm-pack', args, {
      cwd: join(root, `crates/${name}-wasm`),
      env,
      quiet: true,
      why: `Building ${what}`,
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
    ...MODULES.map(({ name }) => stampOf(name)),
  )
  await once(join(root, 'dist/.framewire-stamp'), key, async () => {
    say('• Bundling the library, the workers and the command')
    rmSync(join(root, 'dist'), { recursive: true, force: true })
    await must('npx', ['rollup', '--config', '--silent'], { quiet: true, why: 'Bundling' })
  })
}
