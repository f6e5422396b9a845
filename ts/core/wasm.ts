import {
  Hasher,
  initSync,
  readIndex,
  Core as WasmCore,
  writeIndex,
} from '../../crates/core-wasm/pkg/core_wasm.js'
import { type ErrorCode, type ErrorDetails, FramewireError } from '../errors.js'
import type { Conversion, Core, IndexEntry } from './core.js'

/** What the WebAssembly core throws. */
interface Thrown {
  code: ErrorCode
  message: string
  details: ErrorDetails[ErrorCode]
}

/** How an index names an absent frame: both words full of ones. */
const ABSENT = 2n ** 64n - 1n

/** The core upon the bytes of core_wasm_bg.wasm, or upon a module compiled of them. */
export function createCore(module: BufferSource | WebAssembly.Module): Core {
  const { memory } = initSync({ module })
  const wasm = new WasmCore()

  // A view is made for one copy and dropped: whenever the memory grows, older views die.
  function put(data: Uint8Array): void {
    const address = wasm.reserve(data.byteLength)
    new Uint8Array(memory.buffer, address, data.byteLength).set(data)
  }

  function take(): Uint8Array<ArrayBuffer> {
    const address = wasm.output_address
    return new Uint8Array(memory.buffer.slice(address, address + wasm.output_length) as ArrayBuffer)
  }

  function unpack(data: Uint8Array, frame: number, height: number, width: number): void {
    checkDims(height, width)
    calling(() => {
      put(data)
      wasm.unpack(frame, height, width)
    })
  }

  return {
    pack(frame, format, height, width, conversion) {
      checkDims(height, width)
      converting(conversion, () => {
        put(frame)
        wasm.pack(format, height, width, rangeText(conversion?.range), conversion?.gray)
      })
      return { data: take(), xxh64: wasm.xxh64, clamped: wasm.clamped }
    },

    measure(frame, format, height, width, gray) {
      checkDims(height, width)
      converting({ gray }, () => {
        put(frame)
        wasm.measure(format, height, width, gray)
      })
      return { min: wasm.min, max: wasm.max }
    },

    writeIndex(entries) {
      const pairs = entries.flatMap((entry) =>
        entry ? [BigInt(entry.offset), BigInt(entry.length)] : [ABSENT, ABSENT],
      )
      return calling(() => writeIndex(BigUint64Array.from(pairs))) as Uint8Array<ArrayBuffer>
    },

    readIndex(tail, frames, shardBytes) {
      const pairs = calling(() => readIndex(tail, frames, BigInt(shardBytes)))
      return Array.from({ length: frames }, (_, frame): IndexEntry => {
        const offset = pairs[2 * frame]!
        return offset === ABSENT ? null : { offset: Number(offset), length: Number(pairs[2 * frame + 1]) }
      })
    },

    unpack(data, frame, height, width) {
      unpack(data, frame, height, width)
      return take()
    },

    verify(data, frame, height, width) {
      unpack(data, frame, height, width)
      return wasm.xxh64
    },

    xxh64(data) {
      calling(() => {
        put(data)
        wasm.hash()
      })
      return wasm.xxh64
    },

    hasher() {
      const hasher = new Hasher()
      return {
        update: (data) => calling(() => hasher.update(data)),
        finish() {
          const [md5, sha256] = calling(() => hasher.finish())
          hasher.free()
          return { md5: md5!, sha256: sha256! }
        },
      }
    },
  }
}

/** Dims cross the border as 32-bit whole numbers; what is none would arrive as another number. */
function checkDims(height: number, width: number): void {
  const fits = (axis: number) => Number.isInteger(axis) && axis >= 1 && axis < 2 ** 32
  if (fits(height) && fits(width)) return
  throw new FramewireError(
    'frames/layout',
    `A frame of ${height} x ${width} pixels is not possible; give whole numbers of at least 1.`,
    { reason: `${height} x ${width} pixels` },
  )
}

/** The range as the core reads it; a range that makes no sense is refused there. */
function rangeText(range: Conversion['range']): string | undefined {
  return typeof range === 'object' ? `${range.lo}:${range.hi}` : range
}

/** Run a call of the core that converts pixels: what it refuses is shown as it was given. */
function converting(given: Conversion | undefined, call: () => void): void {
  try {
    call()
  } catch (thrown) {
    throw translated(thrown, given)
  }
}

/** Run a call of the core; what it throws becomes a {@link FramewireError}. */
function calling<T>(call: () => T): T {
  try {
    return call()
  } catch (thrown) {
    throw translated(thrown, undefined)
  }
}

function translated(thrown: unknown, given: Conversion | undefined): FramewireError {
  if (isThrown(thrown)) {
    const details = thrown.code === 'frames/conversion' ? { given } : thrown.details
    return new FramewireError(thrown.code, thrown.message, details)
  }
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  return new FramewireError(
    'core/internal',
    `The WebAssembly core failed: ${reason}. Start a new worker; if it happens again, report it.`,
    { reason },
    { cause: thrown },
  )
}

function isThrown(thrown: unknown): thrown is Thrown {
  return typeof thrown === 'object' && thrown !== null && !(thrown instanceof Error) && 'code' in thrown
}
