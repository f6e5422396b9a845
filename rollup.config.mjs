import { readFileSync } from 'node:fs'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import typescript from '@rollup/plugin-typescript'
import dts from 'rollup-plugin-dts'

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
const isDependency = (id) =>
  id.startsWith('node:') || Object.keys(dependencies).some((d) => id === d || id.startsWith(`${d}/`))

/** One flat folder: a worker and the WebAssembly are found beside the file that starts them. */
const output = { dir: 'dist', format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' }
const compile = () =>
  typescript({ noEmit: false, outDir: 'dist', include: ['ts/**/*.ts', 'workers/**/*.ts'] })

/** WebAssembly modules, by the crate they are built of. */
const wasm = (...names) => ({
  name: 'wasm-beside-the-workers',
  buildStart() {
    for (const name of names) {
      const source = readFileSync(`crates/${name}-wasm/pkg/${name}_wasm_bg.wasm`)
      this.emitFile({ type: 'asset', fileName: `${name}_wasm_bg.wasm`, source })
    }
  },
})

export default [
  {
    // Pages and workers carry what they need: they must run from a plain <script type="module">.
    input: {
      'index.browser': 'ts/index.browser.ts',
      'packing.worker': 'workers/packing.worker.ts',
      'sealing.worker': 'workers/sealing.worker.ts',
    },
    output,
    plugins: [nodeResolve({ browser: true }), compile(), wasm('core')],
  },
  {
    input: {
      'index.node': 'ts/index.node.ts',
      server: 'ts/server.ts',
      gige: 'ts/gige.ts',
      telops: 'ts/telops.ts',
      simulator: 'ts/simulator.ts',
      cli: 'ts/cli.ts',
      'checking.worker': 'workers/checking.worker.ts',
      'capture.worker': 'workers/capture.worker.ts',
    },
    output,
    external: isDependency,
    plugins: [compile(), wasm('gige', 'genicam')],
  },
  {
    input: {
      index: 'ts/index.node.ts',
      server: 'ts/server.ts',
      gige: 'ts/gige.ts',
      telops: 'ts/telops.ts',
      simulator: 'ts/simulator.ts',
    },
    output: { ...output, entryFileNames: '[name].d.ts', chunkFileNames: '[name]-[hash].d.ts' },
    external: isDependency,
    plugins: [dts()],
  },
]
