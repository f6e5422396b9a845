import { readFileSync } from 'node:fs'
import { createCore } from '../../../ts/core/wasm.js'
import type { Disk } from '../../../ts/disk/disk.js'
import { type Checker, ShardChecker } from '../../../ts/store/checker.js'

/** The core of this thread, from where it is built. */
export const core = createCore(
  readFileSync(new URL('../../../crates/core-wasm/pkg/core_wasm_bg.wasm', import.meta.url)),
)

/** The frames that the golden traffic was made with: `(n, h, w)`, varied by `k`. */
export function pattern(frames: number, height: number, width: number, k: number): Uint8Array {
  const pixels = new Uint8Array(frames * height * width)
  let at = 0
  for (let i = 0; i < frames; i++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) pixels[at++] = (3 * x + 5 * y + 17 * i + 29 * k) ^ ((x * y) >> 3)
    }
  }
  return pixels
}

/** One shard of `frames` frames, checksums on, as this project's own client makes it. */
export function makeShard(pixels: Uint8Array, frames: number, height: number, width: number): Uint8Array {
  const size = height * width
  const parts: Uint8Array[] = []
  const entries: { offset: number; length: number }[] = []
  let offset = 0
  for (let frame = 0; frame < frames; frame++) {
    const { data } = core.pack(pixels.subarray(frame * size, (frame + 1) * size), 'u8', height, width)
    parts.push(data)
    entries.push({ offset, length: data.byteLength })
    offset += data.byteLength
  }
  return new Uint8Array(Buffer.concat([...parts, core.writeIndex(entries)]))
}

/** A shard of the golden traffic, made by the service's own SDK. */
export function goldenShard(scenario: string, name: string): Uint8Array {
  const file = `../../golden/ingest/${scenario}/shards/${name}`
  return new Uint8Array(readFileSync(new URL(file, import.meta.url)))
}

/** Checks shards in this thread, as they lie on a disk. */
export function checkerOn(disk: Disk): Checker {
  return {
    async check(path, claim) {
      const bytes = await disk.read(path)
      const read = (offset: number, length: number) => bytes.subarray(offset, offset + length)
      return new ShardChecker(core).inspect({ size: bytes.byteLength, read }, claim)
    },
    close: async () => {},
  }
}
