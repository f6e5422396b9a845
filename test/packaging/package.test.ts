import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
/** Npm's own messages about its configuration are not of interest here. */
const quiet = { ...process.env, npm_config_loglevel: 'error' }

let app: string
beforeAll(() => {
  app = mkdtempSync(join(tmpdir(), 'framewire-package-'))
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', app], {
    cwd: root,
    env: quiet,
    encoding: 'utf8',
  })
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }]
  writeFileSync(join(app, 'package.json'), '{ "name": "app", "private": true, "type": "module" }')
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${filename}`], {
    cwd: app,
    env: quiet,
  })
})
afterAll(() => rmSync(app, { recursive: true, force: true }))

function node(script: string, cwd = app): string {
  return execFileSync(process.execPath, [script], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ATOMSCALE_SKIP_CLOCK_SYNC: '1' },
  })
}

describe('the packed package, installed in an empty folder', () => {
  it('runs the examples of the README', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8')
    const [example, ofCamera, ofTelops] = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(
      ([, code]) => code,
    )
    expect(example).toContain("from 'framewire'")
    expect(ofCamera).toContain("from 'framewire/gige'")
    expect(ofTelops).toContain("from 'framewire/telops'")
    const work = join(app, 'readme')
    mkdirSync(work)
    cpSync(join(root, 'test/fixtures/growth/sb-deposition-26x320x448-u8.npy'), join(work, 'growth.npy'))
    writeFileSync(join(work, 'example.js'), example!)
    expect(node('example.js', work)).toBe('26 of 26 frames stored\n')
    const [dataId] = readdirSync(join(work, 'store')).filter((name) => /^[0-9a-f-]{36}$/.test(name))
    expect(readdirSync(join(work, 'store', dataId!, 'frames.zarr/frames/c'))).toHaveLength(4)
    writeFileSync(join(work, 'camera.js'), ofCamera!)
    expect(node('camera.js', work)).toBe('[ 240, 320 ] uint8 true\n60 frames stored, lost on the wire: 0\n')
    writeFileSync(join(work, 'telops.js'), ofTelops!)
    expect(node('telops.js', work)).toBe('[ 500, 256, 320 ] degC incomplete: 0\n')
  })

  it('has types for every entry', () => {
    writeFileSync(
      join(app, 'types.ts'),
      `import { RHEEDStreamer, type Receipt } from 'framewire'
       import { type GigeFrame, openCamera } from 'framewire/gige'
       import { createIngestServer } from 'framewire/server'
       import { createGigeSimulator } from 'framewire/simulator'
       await createGigeSimulator({ serial: 'A' })
       const camera = await openCamera('A', { interfaceIp: '127.0.0.1' })
       const frame: GigeFrame = await camera.grab({ timeoutMs: 100 })
       // @ts-expect-error a frame is not text
       frame.data.trim()
       const server = await createIngestServer({ store: 's', apiKey: 'k' })
       const streamer = new RHEEDStreamer({ apiKey: 'k', endpoint: server.url })
       const receipt: Receipt = await streamer.finalize('id')
       // @ts-expect-error a frame rate is a number
       await streamer.initialize({ fps: 'fast', rotationsPerMin: 0, chunkSize: 8 })
       console.log(receipt.totals.frames)`,
    )
    const options = [
      '--noEmit',
      '--strict',
      '--target',
      'es2022',
      '--module',
      'nodenext',
      '--lib',
      'es2023,dom',
      '--types',
      'node',
    ]
    const typeRoots = ['--typeRoots', join(root, 'node_modules/@types')]
    execFileSync(join(root, 'node_modules/.bin/tsc'), [...options, ...typeRoots, 'types.ts'], {
      cwd: app,
      stdio: 'pipe',
    })
  })

  it('ships neither sources nor tests', () => {
    const files = readdirSync(join(app, 'node_modules/framewire'))
    expect(files.sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist',
      'package.json',
      'prebuilds',
    ])
  })

  it('is bundled by Vite without configuration', () => {
    const page = join(app, 'page')
    mkdirSync(page)
    writeFileSync(join(page, 'index.html'), '<script type="module" src="./main.js"></script>')
    writeFileSync(
      join(page, 'main.js'),
      "import { RHEEDStreamer } from 'framewire'\nglobalThis.streamer = RHEEDStreamer\n",
    )
    execFileSync(join(root, 'node_modules/.bin/vite'), ['build', '--logLevel', 'error'], {
      cwd: page,
      stdio: 'pipe',
    })
    const assets = readdirSync(join(page, 'dist/assets'))
    expect(assets.filter((name) => name.endsWith('.wasm'))).not.toHaveLength(0)
    for (const worker of ['packing.worker', 'sealing.worker']) {
      expect(
        assets.filter((name) => name.startsWith(worker) && name.endsWith('.js')),
        worker,
      ).toHaveLength(1)
    }
    const bundled = assets.map((name) => readFileSync(join(page, 'dist/assets', name), 'latin1')).join('')
    expect(bundled).not.toMatch(/from\s*["']node:/)
  })

  it('is bundled by Rollup without configuration', () => {
    const page = join(app, 'rolled')
    mkdirSync(page)
    writeFileSync(
      join(page, 'main.js'),
      "export { RHEEDStreamer } from '../node_modules/framewire/dist/index.browser.js'\n",
    )
    const args = ['main.js', '--dir', 'out', '--format', 'es', '--failAfterWarnings', '--silent']
    execFileSync(join(root, 'node_modules/.bin/rollup'), args, { cwd: page, stdio: 'pipe' })
    const code = readFileSync(join(page, 'out/main.js'), 'utf8')
    // Kept to the letter: the workers are copied beside the bundle, and found there.
    expect(code).toContain("new Worker(new URL('./packing.worker.js', import.meta.url), { type: 'module' })")
  })
})

describe('the WebAssembly core', () => {
  const wasm = readFileSync(join(root, 'dist/core_wasm_bg.wasm'))

  it('is at most 350 kB, compressed with brotli', () => {
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 }
    expect(brotliCompressSync(wasm, { params }).length).toBeLessThanOrEqual(350_000)
  })

  it('imports nothing but its own glue', () => {
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm))
    expect(imports.map(({ module }) => module).filter((module) => module !== './core_wasm_bg.js')).toEqual([])
  })
})
