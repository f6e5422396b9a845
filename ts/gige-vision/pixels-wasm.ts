import { PixelUnpacker } from '../../crates/gige-wasm/pkg/gige_wasm.js'
import type { Pixels } from './pixels.js'

/** Pixels unpacked by the WebAssembly module whose memory this is. */
export function wasmPixels(memory: WebAssembly.Memory): Pixels {
  const unpacker = new PixelUnpacker()
  return {
    unpack({ format, bytes, height, width, rowBytes = 0 }, fill, into) {
      const input = unpacker.reserve(bytes) // first: it may move the memory
      fill(new Uint8Array(memory.buffer, input, bytes))
      const address = unpacker.unpack(format, height, width, rowBytes)
      into.set(new Uint16Array(memory.buffer, address, height * width))
    },
  }
}
