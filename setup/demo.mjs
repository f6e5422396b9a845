import { homedir } from 'node:os'
import { join } from 'node:path'
import { openPath, RHEEDStreamer, TimeseriesStreamer } from '../dist/index.node.js'
import { createIngestServer, readFrames } from '../dist/server.js'
import { root } from './step.mjs'

const RECORDING = join(root, 'test/fixtures/growth/sb-deposition-26x320x448-u8.npy')
const FPS = 4
const CHUNK_SIZE = 8
const KEY = 'demo'

/**
 * A recorded growth movie, streamed at its capture cadence to the embedded server with an instrument channel beside it,
 * read back and compared byte for byte. Answers the exit code: 0 if all matched.
 */
export async function demo({ once }) {
  const dataHome = process.env.XDG_DATA_HOME || join(homedir(), '.local/share')
  const store = join(dataHome, 'framewire', 'demo-store')
  const server = await createIngestServer({ store, apiKey: KEY })
  say(`\nIngest server   ${server.url}  (key "${KEY}")`)
  try {
    const matched = await streamAndCompare(server.url, store)
    if (!once) await untilInterrupted(server.url)
    return matched ? 0 : 1
  } finally {
    await server.close()
  }
}

async function streamAndCompare(endpoint, store) {
  const movie = await openPath(RECORDING)
  const rheed = new RHEEDStreamer({ apiKey: KEY, endpoint, verbosity: 1 })
  const series = new TimeseriesStreamer({ apiKey: KEY, endpoint, verbosity: 1, pointsPerChunk: CHUNK_SIZE })
  const streamName = 'Sb on Si(111), recorded growth'
  const dataId = await rheed.initialize({
    fps: FPS,
    rotationsPerMin: 0,
    chunkSize: CHUNK_SIZE,
    streamName,
    physicalSample: 'Sb/Si(111)',
  })
  const seriesId = await series.initialize({ streamName: 'Mean intensity', physicalSample: 'Sb/Si(111)' })
  say(
    `Recording       ${movie.frames} frames of ${movie.height} x ${movie.width}, played at ${FPS} frames/s, chunks of ${CHUNK_SIZE}`,
  )
  say(`Stream          ${dataId}\n`)

  const progress = showProgress(rheed, movie)
  await rheed.run(dataId, withChannel(movie, series, seriesId))
  const receipt = await rheed.finalize(dataId)
  const seriesReceipt = await series.finalize(seriesId)
  progress.end()
  await rheed.close()
  await series.close()

  const different = await firstDifference(movie, store, dataId)
  await movie.close()
  printReceipt(receipt, seriesReceipt)
  say(`\nData            ${join(store, dataId, 'frames.zarr')}   (Zarr v3, array "frames")`)
  if (different === undefined)
    say(`Compared        ${movie.frames} frames read back, every byte equal to the recording`)
  else say(`Compared        DIFFERENT: ${different}`)
  return different === undefined
}

/** The movie's chunks; beside each, the mean intensity of its frames goes out as an instrument channel. */
async function* withChannel(movie, series, seriesId) {
  for (let start = 0, chunk = 0; start < movie.frames; start += CHUNK_SIZE, chunk++) {
    const stack = await movie.read(start, Math.min(CHUNK_SIZE, movie.frames - start))
    yield stack
    const now = Date.now() / 1000
    const [n, h, w] = stack.shape
    const values = Array.from({ length: n }, (_, i) => {
      const frame = stack.data.subarray(i * h * w, (i + 1) * h * w)
      return frame.reduce((sum, v) => sum + v, 0) / (h * w)
    })
    const timestamps = values.map((_, i) => now + i / FPS)
    series.push(seriesId, {
      chunkIndex: chunk,
      channelName: 'mean intensity',
      timestamps,
      values,
      units: 'counts',
    })
  }
}

function showProgress(streamer, movie) {
  const started = Date.now()
  const states = new Map()
  const frameBytes = movie.height * movie.width
  let shown = ''
  const line = () => {
    const frames = (...wanted) =>
      [...states.values()].filter(({ state }) => wanted.includes(state)).reduce((n, c) => n + c.frames, 0)
    const stored = frames('stored')
    const seconds = (Date.now() - started) / 1000
    const rate = (stored * frameBytes) / 1e6 / Math.max(seconds, 0.001)
    return (
      `${String(stored).padStart(4)}/${movie.frames} frames stored   ${rate.toFixed(1).padStart(5)} MB/s   ` +
      `queued ${frames('queued')}  packaged ${frames('packaged', 'journaled')}  stored ${stored}`
    )
  }
  const show = () => {
    const text = line()
    if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${text}`)
    else if (text !== shown) say(text)
    shown = text
  }
  streamer.addEventListener('progress', ({ detail }) => {
    states.set(detail.index, detail)
    show()
  })
  return {
    end() {
      if (process.stdout.isTTY) process.stdout.write('\n')
    },
  }
}

async function firstDifference(movie, store, dataId) {
  for (let start = 0; start < movie.frames; start += CHUNK_SIZE) {
    const count = Math.min(CHUNK_SIZE, movie.frames - start)
    const { data } = await movie.read(start, count)
    const stored = await readFrames(join(store, dataId), start, count)
    if (
      Buffer.compare(
        Buffer.from(data.buffer, data.byteOffset, data.byteLength),
        Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength),
      ) !== 0
    ) {
      return `chunk of frames ${start} to ${start + count - 1}`
    }
  }
  return undefined
}

function printReceipt(receipt, series) {
  const { totals, losses } = receipt
  say('\nReceipt         chunk  frames      bytes  tries  proof   sha256')
  for (const { index, frames, bytes, tries, proof, sha256 } of receipt.chunks) {
    say(
      `                ${String(index).padStart(5)}  ${String(frames).padStart(6)}  ${String(bytes).padStart(9)}  ${String(tries).padStart(5)}  ${proof.padEnd(6)}  ${sha256.slice(0, 16)}…`,
    )
  }
  const lost = Object.entries(losses).map(([place, frames]) => `${place} ${frames}`)
  say(
    `                ${totals.framesStored} of ${totals.frames} frames stored, ${(totals.rawBytes / totals.bytes).toFixed(2)} x smaller; lost: ${lost.join(', ')}`,
  )
  for (const { name, chunks, points } of series.channels)
    say(`                channel "${name}": ${points} points in ${chunks} chunks`)
}

function untilInterrupted(url) {
  say(`\nThe server stays up at ${url} until Ctrl-C.`)
  return new Promise((resolve) => process.once('SIGINT', resolve))
}

function say(text) {
  process.stdout.write(`${text}\n`)
}
