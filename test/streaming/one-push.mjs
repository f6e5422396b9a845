import { RHEEDStreamer } from 'framewire'

// Pushes one chunk and awaits that it is stored; nothing else keeps this process alive, and nothing is closed.
const [endpoint, transfer] = process.argv.slice(2)
const streamer = new RHEEDStreamer({ apiKey: 'k', endpoint, maxWorkers: 1, clockSync: false, verbosity: 0 })
const dataId = await streamer.initialize({ fps: 2, rotationsPerMin: 0, chunkSize: 4 })
// What was alive to begin the stream has ended by then.
await new Promise((resolve) => setTimeout(resolve, 50))
const frames = { data: new Uint8Array(4 * 960), shape: [4, 24, 40] }
await streamer.push(dataId, 0, frames, { transfer: transfer === 'true' }).stored
console.log('stored')
