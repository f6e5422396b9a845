import { readFileSync } from 'node:fs'
import { RHEEDStreamer } from 'framewire'
import { servePeer } from './peer.mjs'

/** How long `push` with `{ transfer: true }` holds its caller. Each round pushes chunks of one size, one after another. */
const { file, height, width, fps } = JSON.parse(process.argv[2])
const frameBytes = height * width
const movie = readFileSync(file)

const streamer = new RHEEDStreamer({
  apiKey: 'bench',
  endpoint: 'http://sink.invalid',
  clockSync: false,
  memoryBudgetBytes: 2 ** 31,
  transport: async ({ url }) => ({
    status: 200,
    headers: {},
    text: url.includes('upload_urls')
      ? '[{"url":"http://sink.invalid/shard"}]'
      : `"stream-${performance.now()}"`,
  }),
})

await servePeer(async ({ chunkFrames, pushes }) => {
  const dataId = await streamer.initialize({ fps, rotationsPerMin: 0, chunkSize: chunkFrames })
  const milliseconds = []
  let earlier
  for (let k = 0; k < pushes; k++) {
    const data = new Uint8Array(chunkFrames * frameBytes)
    for (let at = 0; at < data.length; at += movie.length) {
      data.set(movie.subarray(0, Math.min(movie.length, data.length - at)), at)
    }
    const start = performance.now()
    const { packaged } = streamer.push(
      dataId,
      k,
      { data, shape: [chunkFrames, height, width] },
      { transfer: true },
    )
    milliseconds.push(performance.now() - start)
    // One chunk stays in work while the next is pushed, as with a camera.
    await earlier
    earlier = packaged
  }
  await streamer.finalize(dataId)
  return { chunkBytes: chunkFrames * frameBytes, milliseconds }
})
await streamer.close()
