import { Reassembly } from '../../crates/gige-wasm/pkg/gige_wasm.js'
import type { Batch } from '../datagrams/batch.js'
import { addressNumber } from '../datagrams/ipv4.js'
import { FramewireError } from '../errors.js'
import type { FinishedBlock, Reassembler, ReassemblyOptions, SessionEnd } from './reassembler.js'

/** What the module tells of a block. */
type Told = Omit<FinishedBlock, 'copy' | 'release'> & { image: number }

/** The smallest packet size that leaves room for a payload behind every header. */
const LEAST_PACKET_SIZE = 128
const IDLE_MS = 200

/**
 * A reassembler whose packets and images lie in `memory`, the WebAssembly module's. Throws `gige/option` for options
 * that are out of their range.
 */
export function wasmReassembler(memory: WebAssembly.Memory, options: ReassemblyOptions): Reassembler {
  check(options)
  const { previous = new Uint8Array(), idleMs = IDLE_MS } = options
  const wasm = new Reassembly({ ...options, previous: undefined, idleMs }, previous)
  // A view is good until the memory grows: addresses stay.
  const received = views(memory, wasm.received())
  const requests = views(memory, wasm.requests())
  let freed = false

  function finished({ image, ...told }: Told): FinishedBlock {
    let released = false
    return {
      ...told,
      copy(into, from = 0) {
        into.set(new Uint8Array(memory.buffer, wasm.imageAddress(image) + from, told.bytes - from))
      },
      release() {
        if (!released && !freed) wasm.release(image)
        released = true
      },
    }
  }

  return {
    batch: received,
    take: (packets, nowMs) => wasm.take(packets, nowMs * 1000),
    resends(to, nowMs, most) {
      const count = wasm.resends(addressNumber(to.address), to.port, nowMs * 1000, most)
      return { batch: requests(), count }
    },
    next() {
      const told = wasm.next() as Told | undefined
      return told && finished(told)
    },
    due() {
      const dueUs = wasm.due()
      return dueUs === undefined ? undefined : dueUs / 1000
    },
    statistics: () => wasm.statistics(),
    end: () => wasm.end() as SessionEnd,
    free() {
      freed = true
      wasm.free()
    },
  }
}

function views(memory: WebAssembly.Memory, layout: Uint32Array): () => Batch {
  const [slots = 0, bytes = 0, slotBytes = 0, table = 0, words = 0] = layout
  let batch: Batch | undefined
  return () => {
    // A thousand times a second: new ones are made where the memory grew alone.
    if (batch?.memory.buffer !== memory.buffer) {
      batch = {
        memory: new Uint8Array(memory.buffer, slots, bytes),
        slotBytes,
        table: new Uint32Array(memory.buffer, table, words),
      }
    }
    return batch
  }
}

function check(options: ReassemblyOptions): void {
  const { source, packetSize, blockBytes, buffers, idleMs = IDLE_MS, resend } = options
  if (Number.isNaN(addressNumber(source))) fault('source', source, 'an IPv4 address, such as 192.168.1.20')
  within('packetSize', packetSize, LEAST_PACKET_SIZE, 65_535)
  within('blockBytes', blockBytes, 1, 2 ** 31)
  within('buffers', buffers, 2, 4096)
  within('idleMs', idleMs, 1, 1e6, false)
  if (!resend) return
  within('resend.firstMs', resend.firstMs, 0, 1e6, false)
  within('resend.silentMs', resend.silentMs, 0, 1e6, false)
  within('resend.againMs', resend.againMs, 0, 1e6, false)
  within('resend.attempts', resend.attempts, 1, 1000)
  within('resend.perSecond', resend.perSecond, 1, 1e6)
}

function within(option: string, given: number, from: number, to: number, whole = true): void {
  if (given >= from && given <= to && (!whole || Number.isInteger(given))) return
  fault(option, given, `${whole ? 'a whole number' : 'a number'} from ${from} to ${to}`)
}

function fault(option: string, given: unknown, expected: string): never {
  throw new FramewireError('gige/option', `The option ${option} is ${String(given)}; give ${expected}.`, {
    option,
    given,
    expected,
  })
}
