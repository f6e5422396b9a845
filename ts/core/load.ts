import { FramewireError } from '../errors.js'
import type { Core } from './core.js'
import { createCore } from './wasm.js'

/** Load the WebAssembly core for this thread, from beside this file or from `wasmUrl`. Throws `core/load`. */
export function loadCore(wasmUrl?: string): Promise<Core> {
  return loadModule(wasmUrl ?? new URL('./core_wasm_bg.wasm', import.meta.url).href, createCore)
}

/** Load a WebAssembly module from `url` and make what `create` makes of its bytes. Throws `core/load`. */
export async function loadModule<Face>(url: string, create: (bytes: BufferSource) => Face): Promise<Face> {
  try {
    return create(await bytesOf(url))
  } catch (cause) {
    const file = url.slice(url.lastIndexOf('/') + 1)
    throw new FramewireError(
      'core/load',
      `WebAssembly could not be loaded from ${url}. Serve the file ${file} there, or give wasmUrl.`,
      { url },
      { cause },
    )
  }
}

async function bytesOf(url: string): Promise<BufferSource> {
  const fs = globalThis.process?.getBuiltinModule?.('node:fs/promises')
  if (fs && url.startsWith('file:')) return new Uint8Array(await fs.readFile(new URL(url)))
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`HTTP status ${answer.status}`)
  return answer.arrayBuffer()
}
