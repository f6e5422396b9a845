import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Core, initSync, writeIndex } from '../../crates/core-wasm/pkg/core_wasm.js'
import { root } from '../../setup/step.mjs'
import { servePeer } from './peer.mjs'
import { measured } from './usage.mjs'

/**
 * The parts of packaging one by one, on one thread, with the calls that the workers make: what of the whole is
 * compression, and what the copies and hashes around it cost.
 */
const { file, frames, height, width } = JSON.parse(process.argv[2])
const frameBytes = height * width
const file8 = readFileSync(file)
const movie = Array.from({ length: frames }, (_, k) => file8.subarray(k * frameBytes, (k + 1) * frameBytes))

const { memory } = initSync({ module: readFileSync(`${root}/crates/core-wasm/pkg/core_wasm_bg.wasm`) })
const core = new Core()
const buffer = new Uint8Array(frameBytes)
const put = (frame) => {
  const address = core.reserve(frame.byteLength)
  new Uint8Array(memory.buffer, address, frame.byteLength).set(frame)
}
const take = () => memory.buffer.slice(core.output_address, core.output_address + core.output_length)
const packed = movie.map((frame) => {
  put(frame)
  core.pack('u8', height, width)
  return new Uint8Array(take())
})
const entries = new BigUint64Array(2 * frames)
packed.reduce((offset, { byteLength }, frame) => {
  entries.set([BigInt(offset), BigInt(byteLength)], 2 * frame)
  return offset + byteLength
}, 0)

/** Each part does its work on all frames once. */
const parts = {
  'copy into a recycled buffer'() {
    for (const frame of movie) buffer.set(frame)
  },
  'copy into the WASM memory'() {
    for (const frame of movie) put(frame)
  },
  // `pack` hashes what it compresses, and zstd takes that hash for its checksum: XXH64 is taken off below.
  compression() {
    for (const frame of movie) {
      put(frame)
      core.pack('u8', height, width)
    }
  },
  'XXH64 of the pixels'() {
    for (const frame of movie) {
      put(frame)
      core.hash()
    }
  },
  'copy out of the WASM memory'() {
    const { output_address: address } = core
    for (const { byteLength } of packed) memory.buffer.slice(address, address + byteLength)
  },
  'index with its CRC32C'() {
    writeIndex(entries)
  },
  'MD5 of the shard': () => hashed('md5'),
  'SHA-256 of the shard': () => hashed('sha256'),
}

function hashed(algorithm) {
  const hash = createHash(algorithm)
  for (const data of packed) hash.update(data)
  hash.digest()
}

await servePeer(async ({ repeats }) => {
  const cpuSeconds = {}
  for (const [name, part] of Object.entries(parts)) {
    const { cpuSeconds: used } = await measured(() => {
      for (let i = 0; i < repeats; i++) part()
    })
    cpuSeconds[name] = used
  }
  const copyIn = cpuSeconds['copy into the WASM memory']
  cpuSeconds['XXH64 of the pixels'] -= copyIn
  cpuSeconds.compression -= copyIn + cpuSeconds['XXH64 of the pixels']
  return { rawBytes: repeats * frames * frameBytes, parts: cpuSeconds }
})
