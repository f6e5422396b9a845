import { readFileSync } from 'node:fs'
import { servePeer } from './peer.mjs'
import { measured } from './usage.mjs'

/** A JavaScript packer as a peer: one zstd frame an image, one thread, zstd's level 1 (its fastest with a full search). */
const LEVEL = 1
const makers = {
  async numcodecs() {
    const { default: Zstd } = await import('numcodecs/zstd')
    const codec = new Zstd(LEVEL)
    return (frame) => codec.encode(frame)
  },
  async 'zstd-codec'() {
    const { ZstdCodec } = await import('zstd-codec')
    const simple = await new Promise((resolve) => ZstdCodec.run(({ Simple }) => resolve(new Simple())))
    return (frame) => simple.compress(frame, LEVEL)
  },
}

const { packer, file, frames, height, width } = JSON.parse(process.argv[2])
const pack = await makers[packer]()
const frameBytes = height * width
const movie = new Uint8Array(readFileSync(file))

await servePeer(({ frames: count }) =>
  measured(async () => {
    let bytes = 0
    for (let k = 0; k < count; k++) {
      const start = (k % frames) * frameBytes
      bytes += (await pack(movie.subarray(start, start + frameBytes))).byteLength
    }
    return { rawBytes: count * frameBytes, bytes }
  }),
)
