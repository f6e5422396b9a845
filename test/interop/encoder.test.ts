import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createCore } from '../../ts/core/wasm.js'
import { growthMovie, random as seededBy, withNoise } from './images.js'

/**
 * The WebAssembly core's libzstd is built with wider words than it comes with (`setup/zstd-words.mjs`). libzstd as it
 * comes, built for this machine, is the witness: it must make the same bytes of the same pixels.
 */
describe('the encoder with wide words', () => {
  const folder = mkdtempSync(join(tmpdir(), 'framewire-encoder-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('writes what libzstd writes, whatever the pixels', () => {
    const inputs = [...shapes(), ...frames()]
    const files = inputs.map(({ pixels }, at) => {
      const file = join(folder, String(at))
      writeFileSync(file, pixels)
      return file
    })
    const example = ['run', '--quiet', '--package', 'framewire-zarr-shard', '--example', 'pack_files', '--']
    execFileSync('cargo', [...example, ...files], { cwd: new URL('../..', import.meta.url) })

    const core = createCore(
      readFileSync(new URL('../../crates/core-wasm/pkg/core_wasm_bg.wasm', import.meta.url)),
    )
    const differing = inputs.filter(({ pixels }, at) => {
      const { data } = core.pack(pixels, 'u8', 1, pixels.length)
      return Buffer.compare(data, readFileSync(`${files[at]}.zst`)) !== 0
    })
    expect(differing.map(({ name }) => name)).toEqual([])
  })
})

interface Input {
  name: string
  pixels: Uint8Array<ArrayBuffer>
}

/** Real frames with noise of every strength: both ways to pack, and what lies between. */
function frames(): Input[] {
  const { data, shape } = growthMovie()
  const frame = data.subarray(0, shape[1] * shape[2])
  return [0, 0.3, 0.6, 1, 2, 4, 10, 40].map((sd) => ({
    name: `movie, noise of sd ${sd}`,
    pixels: withNoise(frame, sd, 5),
  }))
}

/**
 * From a seed: alphabets of 1 to 256 values, flat to steep (Huffman codes of every depth), with copies of what came
 * before (sequences with every length and distance), from one byte to some blocks of zstd.
 */
function shapes(): Input[] {
  return Array.from({ length: 600 }, (_, seed) => {
    const random = seededBy(seed + 1)
    const length = Math.ceil(2 ** (random() * 18.5))
    const alphabet = Math.ceil(2 ** (random() * 8))
    const steepness = random() * 6
    const copying = random() < 0.3 ? 0 : random() * 0.2
    const farthest = 2 ** (random() * 18)
    const longest = 2 ** (2 + random() * 9)
    const pixels = new Uint8Array(length)
    for (let at = 0; at < length; ) {
      if (at > 0 && random() < copying) {
        const distance = Math.ceil(random() * Math.min(at, farthest))
        const end = Math.min(length, at + 3 + Math.floor(random() * longest))
        for (; at < end; at++) pixels[at] = pixels[at - distance]!
      } else pixels[at++] = Math.floor(alphabet * random() ** (1 + steepness))
    }
    return { name: `seed ${seed}, ${length} bytes`, pixels }
  })
}
