import { writeSync } from 'node:fs'
import { journalFolder, TimeseriesStreamer } from 'framewire'
import { steps } from './steps.mjs'

/**
 * A sender of scalar channels that keeps a journal: begins a stream, or goes on with the one that the journal has, pushes
 * the chunks it is told to, and ends the stream. Tells each thing when it is true; killed at the step it is told.
 */
const { endpoint, apiKey, journal: path, chunks } = JSON.parse(process.argv[2])
const tell = (told) => writeSync(1, `${JSON.stringify(told)}\n`)
const journal = journalFolder(path)
const streamer = new TimeseriesStreamer({ apiKey, endpoint, journal, clockSync: false })
const [known] = await journal.list()
// A journal that was never begun has nothing in it.
if (known?.error?.code === 'journal/unbegun') await journal.remove(known.dataId)
else if (known?.error) throw known.error
const found = known && !known.error ? await streamer.resume(known.dataId) : undefined
const dataId = found?.dataId ?? (await streamer.initialize())
tell({ dataId })
if (!found?.finalizeAsked) {
  const journaled = []
  for (const [at, { id, chunkIndex, channels }] of chunks.entries()) {
    const handle = streamer.pushMulti(dataId, { chunkIndex, channels })
    journaled.push(handle.journaled.then(() => tell({ journaled: id })))
    // Some come together, some when all is quiet.
    if (at % 3 === 2) await handle.stored
  }
  await Promise.all(journaled)
}
const receipt = await streamer.finalize(dataId)
tell({ receipt, steps })
await streamer.close()
