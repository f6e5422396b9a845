import { Sender as WasmSender } from '../../crates/gige-wasm/pkg/gige_wasm.js'
import { PACKET_WORDS } from '../datagrams/batch.js'
import { packets } from './faults.js'
import type { Sender, SenderOptions } from './sender.js'

/** A sender whose pixels and packets lie in `memory`, the WebAssembly module's. */
export function wasmSender(memory: WebAssembly.Memory, options: SenderOptions): Sender {
  const wasm = packets(() => new WasmSender(options))
  const sent = { camera: 0, stranger: 0 }
  let pixelBytes = 0
  return {
    start(stream) {
      packets(() => wasm.start(stream))
      sent.camera = sent.stranger = 0
      pixelBytes = 0
      if (stream.source === 'recorded') {
        const bitsPerPixel = (stream.pixelFormat >> 16) & 0xff
        pixelBytes = Math.floor((stream.width * bitsPerPixel) / 8) * stream.height
      }
    },
    stop: () => wasm.stop(),
    pixels() {
      const address = wasm.pixelsAddress()
      return new Uint8Array(memory.buffer, address, pixelBytes)
    },
    take: (timestamp) => wasm.take(timestamp),
    takeHeaded: (timestamp, frameId, header) => wasm.takeHeaded(timestamp, frameId, header),
    get backlog() {
      return wasm.backlog
    },
    write(most) {
      wasm.write(most)
      sent.camera = sent.stranger = 0
    },
    written(origin) {
      const stranger = origin === 'stranger'
      const [all, from, { slotBytes }] = [wasm.count(stranger), sent[origin], wasm]
      const count = all - from
      const slots = wasm.memoryAddress(stranger) + from * slotBytes
      const table = wasm.tableAddress(stranger) + from * PACKET_WORDS * Uint32Array.BYTES_PER_ELEMENT
      const batch = {
        memory: new Uint8Array(memory.buffer, slots, count * slotBytes),
        slotBytes,
        table: new Uint32Array(memory.buffer, table, count * PACKET_WORDS),
      }
      return { batch, count }
    },
    sent(origin, count) {
      sent[origin] += count
    },
    resend({ block, extended, first, last }) {
      const [count, premature, unavailable] = packets(() => wasm.resend(block, extended, first, last))
      return { packets: count!, premature: premature!, unavailable: unavailable! }
    },
    records: () => packets(() => wasm.records()),
    free: () => wasm.free(),
  }
}
