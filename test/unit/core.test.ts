import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createCore } from '../../ts/core/wasm.js'

const wasmBytes = readFileSync(new URL('../../crates/core-wasm/pkg/core_wasm_bg.wasm', import.meta.url))
const core = createCore(wasmBytes)

describe('the core', () => {
  it('packs a frame that unpacks to the same pixels', () => {
    const pixels = Uint8Array.from({ length: 6000 }, (_, at) => (at * at) >> 5)
    const packed = core.pack(pixels, 'u8', 60, 100)
    expect(core.unpack(packed.data, 0, 60, 100)).toEqual(pixels)
    expect(core.verify(packed.data, 0, 60, 100)).toBe(packed.xxh64)
    expect(core.xxh64(pixels)).toBe(packed.xxh64)
    const h = core.hasher()
    h.update(pixels)
    expect(h.finish().md5).toBe(createHash('md5').update(pixels).digest('hex'))
    expect(core.readIndex(core.writeIndex([{ offset: 0, length: 5 }, null]), 2, 41)).toEqual([{ offset: 0, length: 5 }, null])
    expect(core.measure(Uint8Array.of(3, 1, 2, 0), 'u16le', 1, 2)).toEqual({ min: 2, max: 259 })
    expect(() => core.pack(pixels, 'u16le', 60, 50)).toThrow(/state the range/)
    expect(() => core.unpack(Uint8Array.of(1), 3, 60, 50)).toThrow(/frame 3/)
  })
})
