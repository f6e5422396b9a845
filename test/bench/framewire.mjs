import { readFileSync } from 'node:fs'
import { RHEEDStreamer } from 'framewire'
import { servePeer } from './peer.mjs'
import { measured, peakRss } from './usage.mjs'

/**
 * framewire as a peer: the built package streams chunks from memory, lent. With an endpoint end to end, over HTTP;
 * without one to a transport that answers at once and reads nothing, which leaves packing, hashing and sealing.
 */
const { file, frames, height, width, fps, chunkSize, endpoint, maxWorkers } = JSON.parse(process.argv[2])
const frameBytes = height * width
/** Chunks queued ahead of the packing workers, as a camera's callback would. */
const AHEAD = 3

const movie = readFileSync(file)
// The movie and its beginning again, so that a chunk can start at each of its frames and lie in one piece.
const looped = new Uint8Array((frames + chunkSize) * frameBytes)
for (let at = 0; at < looped.length; at += movie.length) {
  looped.set(movie.subarray(0, Math.min(movie.length, looped.length - at)), at)
}

const answers = [
  [/upload_urls/, '[{"url":"http://sink.invalid/shard"}]'],
  [/\/rheed\/stream\/$/, '"8a0d7f6e-0000-4000-8000-000000000000"'],
]
const atOnce = async ({ url }) => ({
  status: 200,
  headers: {},
  text: answers.find(([path]) => path.test(url))?.[1] ?? '',
})

const streamer = new RHEEDStreamer({
  apiKey: 'bench',
  endpoint: endpoint ?? 'http://sink.invalid',
  maxWorkers,
  clockSync: false,
  ...(endpoint ? {} : { transport: atOnce }),
})

await servePeer(({ chunks }) =>
  measured(async () => {
    const dataId = await streamer.initialize({ fps, rotationsPerMin: 0, chunkSize })
    const handles = []
    for (let k = 0; k < chunks; k++) {
      await handles[k - AHEAD]?.packaged
      const first = ((k * chunkSize) % frames) * frameBytes
      const data = looped.subarray(first, first + chunkSize * frameBytes)
      handles.push(streamer.push(dataId, k, { data, shape: [chunkSize, height, width] }))
    }
    const { totals } = await streamer.finalize(dataId)
    return { rawBytes: totals.rawBytes, bytes: totals.bytes, peakRss: peakRss() }
  }),
)
await streamer.close()
