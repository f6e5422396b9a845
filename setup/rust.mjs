import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { cache, debian, must, run, SetupError, say, which } from './step.mjs'
import { wideWords } from './zstd-words.mjs'

const TARGET = 'wasm32-unknown-unknown'
/** Pinned: wasm-bindgen's tool and library must be the same version (crates/core-wasm pins the library). */
const WASM_BINDGEN = '0.2.128'
const WASM_PACK = '0.15.1'

/** A Rust that can build for this machine; Debian's where there is none. */
export async function ensureCargo() {
  if (which('cargo') && which('rustc')) return
  await debian(
    ['cargo-web', 'rustc-web', 'rustfmt-web', 'rust-web-clippy', 'gcc', 'libc6-dev'],
    'The core is written in Rust and no cargo was found',
  )
}

/** Environment in which `wasm-pack build` works: compiler, C compiler for libzstd, pinned tools first on the PATH. */
export async function wasmEnvironment(nodeBin) {
  const compilers = async () => [await wasmRustc(), await wasmC()]
  const [[rustc, c], tools] = await Promise.all([compilers(), wasmTools()])
  const rust = {
    // wasm-pack asks the first rustc on the PATH for its sysroot; cargo is told by RUSTC.
    PATH: [nodeBin, join(tools, 'bin'), ...(rustc ? [dirname(rustc)] : []), process.env.PATH].join(':'),
    ...(rustc ? { RUSTC: rustc } : {}),
  }
  return {
    ...rust,
    ...c,
    CFLAGS_wasm32_unknown_unknown: [...C_FLAGS, await wideWords(rust)].join(' '),
    CC_SHELL_ESCAPED_FLAGS: '1',
  }
}

/** What every WebAssembly engine of today knows and clang does not assume by itself. */
const C_FLAGS = ['-O3', '-msimd128', '-mbulk-memory', '-msign-ext', '-mnontrapping-fptoint']

/** RUSTC for the wasm target: undefined where the rustc on the PATH has it; else a private sysroot's. */
async function wasmRustc() {
  if (await builds('rustc')) return undefined
  if (which('rustup')) {
    say(`• Rust's standard library for WebAssembly is missing: rustup target add ${TARGET}`)
    await run('rustup', ['target', 'add', TARGET], { quiet: 'always' })
    if (await builds('rustc')) return undefined
    say('  rustup could not fetch it.')
  }
  if (!which('apt-get')) {
    throw new SetupError(
      `Rust's standard library for WebAssembly is missing. Run:\n\n    rustup target add ${TARGET}\n`,
    )
  }
  return debianSysroot()
}

/** Whether this rustc links a WebAssembly module with LTO. */
async function builds(rustc) {
  const folder = mkdtempSync(join(tmpdir(), 'framewire-probe-'))
  try {
    const source = join(folder, 'probe.rs')
    writeFileSync(source, '#[no_mangle]\npub extern "C" fn f(n: usize) -> usize { vec![1u8; n].len() }\n')
    const args = [
      '--target',
      TARGET,
      '--crate-type',
      'cdylib',
      '-O',
      '-C',
      'lto=fat',
      '-o',
      join(folder, 'probe.wasm'),
      source,
    ]
    return (await run(rustc, args, { quiet: 'always' })).code === 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Debian ships the sources of Rust's standard library: build them for WebAssembly into a sysroot of our own.
 * Nothing is written to /usr. LTO needs the bitcode embedded; Debian's rustc looks for rust-lld, which is lld there.
 */
async function debianSysroot() {
  const packages = ['rustc-web', 'cargo-web', 'rust-web-src', 'lld-19']
  if (!existsSync('/usr/lib/rustlib/src/rust/library/vendor') || !which('wasm-ld-19')) {
    await debian(packages, "Rust's standard library for WebAssembly is built from Debian's sources")
  }
  const version = (await must('/usr/bin/rustc', ['-vV'], { quiet: true })).trim()
  const release = /release: (\S+)/.exec(version)?.[1] ?? 'unknown'
  const host = /host: (\S+)/.exec(version)?.[1] ?? 'x86_64-unknown-linux-gnu'
  const sysroot = join(cache, `rust-wasm-${release}`)
  const rustc = join(sysroot, 'bin', 'rustc')
  const stamp = join(sysroot, 'stamp')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === version && (await builds(rustc))) return rustc

  say("• Building Rust's standard library for WebAssembly (about a minute, once)")
  rmSync(sysroot, { recursive: true, force: true })
  const lib = join(sysroot, 'lib/rustlib')
  for (const folder of [join(sysroot, 'bin'), join(lib, host, 'bin'), join(lib, TARGET, 'lib')])
    mkdirSync(folder, { recursive: true })
  symlinkSync(`/usr/lib/rustlib/${host}/lib`, join(lib, host, 'lib'))
  symlinkSync('/usr/bin/lld-19', join(lib, host, 'bin/rust-lld'))
  symlinkSync('/usr/bin/cargo', join(sysroot, 'bin/cargo'))
  writeFileSync(rustc, `#!/bin/sh\nexec /usr/bin/rustc --sysroot "${sysroot}" "$@"\n`, { mode: 0o755 })

  const work = mkdtempSync(join(tmpdir(), 'framewire-std-'))
  try {
    mkdirSync(join(work, 'src'))
    mkdirSync(join(work, '.cargo'))
    writeFileSync(join(work, 'src/lib.rs'), '')
    writeFileSync(
      join(work, 'Cargo.toml'),
      '[package]\nname = "stdmaker"\nversion = "0.0.0"\nedition = "2021"\n[profile.release]\nopt-level = 3\n[workspace]\n',
    )
    writeFileSync(
      join(work, '.cargo/config.toml'),
      '[source.crates-io]\nreplace-with = "debian"\n[source.debian]\ndirectory = "/usr/lib/rustlib/src/rust/library/vendor"\n',
    )
    await must(
      '/usr/bin/cargo',
      ['build', '-q', '--offline', '--release', '--target', TARGET, '-Zbuild-std=std,panic_abort'],
      {
        cwd: work,
        quiet: true,
        why: 'Building the standard library',
        env: {
          RUSTFLAGS: '-Cembed-bitcode=yes',
          CARGO_ENCODED_RUSTFLAGS: undefined,
          RUSTC_WRAPPER: undefined,
          RUSTC_BOOTSTRAP: '1',
          RUSTC: '/usr/bin/rustc',
          CARGO_HOME: join(work, 'home'),
          CARGO_TARGET_DIR: join(work, 'target'),
        },
      },
    )
    const built = join(work, 'target', TARGET, 'release/deps')
    await must(
      'sh',
      ['-c', `rm -f "${built}"/libstdmaker-*; cp "${built}"/*.rlib "${join(lib, TARGET, 'lib')}"`],
      { quiet: true },
    )
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  if (!(await builds(rustc))) {
    throw new SetupError(
      `The standard library was built but does not link. Remove ${sysroot} and start again.`,
    )
  }
  writeFileSync(stamp, version)
  return rustc
}

/** A clang that knows the wasm32 target, for libzstd. */
async function wasmC() {
  const knows = async (clang) =>
    (await run(clang, ['--print-targets'], { quiet: 'always' })).output.includes('wasm32')
  if (!(which('clang-19') && which('llvm-ar-19'))) {
    if (which('clang') && which('llvm-ar') && (await knows('clang'))) return compilers('clang', 'llvm-ar')
    await debian(['clang-19', 'llvm-19'], 'libzstd is C and is compiled to WebAssembly with clang')
  }
  return compilers('clang-19', 'llvm-ar-19')
}

const compilers = (clang, ar) => ({
  CC_wasm32_unknown_unknown: clang,
  AR_wasm32_unknown_unknown: ar,
})

/** wasm-pack and wasm-bindgen at pinned versions, built without optimisation (they run once): about two minutes. */
async function wasmTools() {
  const folder = join(cache, `wasm-tools-${WASM_BINDGEN}-${WASM_PACK}`)
  const wanted = [
    ['wasm-bindgen', `wasm-bindgen-cli@${WASM_BINDGEN}`],
    ['wasm-pack', `wasm-pack@${WASM_PACK}`],
  ].filter(([program]) => !existsSync(join(folder, 'bin', program)))
  if (wanted.length === 0) return folder
  say(`• Building ${wanted.map(([, name]) => name).join(' and ')} (about two minutes, once)`)
  const target = mkdtempSync(join(tmpdir(), 'framewire-tools-'))
  try {
    for (const [, name] of wanted) {
      await must('cargo', ['install', '--locked', '--quiet', name, '--root', folder], {
        quiet: true,
        why: `Building ${name}`,
        cwd: target,
        env: {
          CARGO_TARGET_DIR: target,
          CARGO_PROFILE_RELEASE_OPT_LEVEL: '0',
          CARGO_PROFILE_RELEASE_LTO: 'off',
          CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
        },
      })
    }
  } finally {
    rmSync(target, { recursive: true, force: true })
  }
  return folder
}
