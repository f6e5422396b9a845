import { writeSync } from 'node:fs'
import { journalFolder, RHEEDStreamer } from 'framewire'
import { steps } from './steps.mjs'

/**
 * A sender that keeps a journal: begins a stream, or goes on with the one that the journal has, pushes the chunks it is
 * told to, one after another, and ends the stream. Tells each thing when it is true; killed at the step it is told.
 */
const { endpoint, apiKey, journal: path, chunks, frames, height, width } = JSON.parse(process.argv[2])
const tell = (told) => writeSync(1, `${JSON.stringify(told)}\n`)
const journal = journalFolder(path)
const streamer = new RHEEDStreamer({ apiKey, endpoint, journal, clockSync: false, maxWorkers: 1 })
const [known] = await journal.list()
// A journal that was never begun has nothing in it.
if (known?.error?.code === 'journal/unbegun') await journal.remove(known.dataId)
const found = known && !known.error ? await streamer.resume(known.dataId) : undefined
if (known?.error && known.error.code !== 'journal/unbegun') throw known.error
const dataId = found?.dataId ?? (await streamer.initialize({ fps: 2, rotationsPerMin: 0, chunkSize: frames }))
tell({ dataId, resumed: found !== undefined })
if (!found?.finalizeAsked) {
  for (const index of chunks) {
    const data = new Uint8Array(frames * height * width).map((_, at) => (at * 31 + index * 7) % 251)
    await streamer.push(dataId, index, { data, shape: [frames, height, width] }).journaled
    tell({ journaled: index })
  }
}
const receipt = await streamer.finalize(dataId)
tell({ receipt, steps })
await streamer.close()
