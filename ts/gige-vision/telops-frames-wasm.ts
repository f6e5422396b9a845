import { TelopsFrame } from '../../crates/gige-wasm/pkg/gige_wasm.js'
import { packets } from './faults.js'
import type { TelopsFrames } from './telops-frames.js'

/** Frames read by the WebAssembly module whose memory this is. */
export function wasmTelopsFrames(memory: WebAssembly.Memory): TelopsFrames {
  const frame = new TelopsFrame()
  return {
    load(bytes, fill) {
      const input = frame.reserve(bytes) // first: it may move the memory
      fill(new Uint8Array(memory.buffer, input, bytes))
      return frame.readHeader() as Float64Array<ArrayBuffer> | undefined
    },
    counts(width, into) {
      const address = packets(() => frame.counts(width, into.length))
      into.set(new Uint16Array(memory.buffer, address, into.length))
    },
    physical(width, into) {
      const address = packets(() => frame.physical(width, into.length))
      into.set(new Float32Array(memory.buffer, address, into.length))
    },
    range(width, count, physical) {
      return packets(() => frame.range(width, count, physical)) as Float64Array<ArrayBuffer>
    },
  }
}
