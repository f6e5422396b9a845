import { FramewireError } from '../errors.js'
import type { Core } from './core.js'
import { createCore } from './wasm.js'

/** Load the WebAssembly core for this thread, from beside this file or from `wasmUrl`. Throws `core/load`. */
export async function loadCore(wasmUrl?: string): Promise<Core> {
  const url = wasmUrl ?? new URL('./core_wasm_bg.wasm', import.meta.url).href
  try {
    return createCore(await bytesOf(url))
  } catch (cause) {
    throw new FramewireError(
      'core/load',
      `The WebAssembly core could not be loaded from ${url}. Serve the file core_wasm_bg.wasm there, or give wasmUrl.`,
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
