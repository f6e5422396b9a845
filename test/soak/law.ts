import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { ask, folder, json, run, startServer } from '../cli/command.js'
import { makeRecording } from './recording.js'
import { slowLink } from './slow-link.js'

/** What a process that streams may ever hold, whatever the length of the recording and the pace of the server. */
const MOST_BYTES = 600e6

const FPS = 20
const CHUNK_SIZE = 40
const preload = new URL('peak-rss.mjs', import.meta.url).href

/**
 * The memory law: `framewire stream` sends a recording of `frames` frames as fast as it can be read, to a server behind
 * a link of `linkMBps`, and holds less than 600 MB at any time. Every chunk is stored, and the receipt is complete.
 */
export async function streamWithinMemory({ frames, linkMBps }: { frames: number; linkMBps: number }) {
  const scratch = folder()
  const recording = makeRecording(join(scratch, 'recording'), frames)
  const server = await startServer()
  const link = await slowLink(server.url, linkMBps * 1e6)
  const peakFile = join(scratch, 'peak-rss')
  try {
    const args = ['stream', recording.folder, '--fps', String(FPS), '--chunk-size', String(CHUNK_SIZE)]
    const { code, stdout, stderr } = await run([...args, '--pace', 'none', '--json', '--quiet'], {
      ...server.env,
      AS_API_ENDPOINT: link.url,
      NODE_OPTIONS: `--import=${preload}`,
      FRAMEWIRE_PEAK_RSS: peakFile,
    })
    expect(code, stderr).toBe(0)
    const { receipt } = json(stdout).streams[0]!
    const chunks = Math.ceil(frames / CHUNK_SIZE)
    expect(receipt.totals).toMatchObject({ frames, framesStored: frames, rawBytes: recording.rawBytes })
    expect(receipt.chunks.map(({ index, state, proof }) => ({ index, state, proof }))).toEqual(
      Array.from({ length: chunks }, (_, index) => ({ index, state: 'stored', proof: 'md5' })),
    )
    expect(link.bytes).toBeGreaterThan(receipt.totals.bytes)
    const stored = await ask(`${server.url}/framewire/v1/streams/${receipt.dataId}`)
    expect(stored).toMatchObject({ chunks, stored: frames, bytes: receipt.totals.bytes })

    const peakBytes = Number(readFileSync(peakFile, 'utf8'))
    console.info(
      `${(recording.rawBytes / 1e9).toFixed(1)} GB, ${(receipt.totals.bytes / 1e9).toFixed(1)} GB packed, ` +
        `over a link of ${linkMBps} MB/s: peak RSS ${(peakBytes / 1e6).toFixed(0)} MB`,
    )
    expect(peakBytes).toBeLessThan(MOST_BYTES)
    return { recording, store: server.store, dataId: receipt.dataId }
  } finally {
    await link.close()
  }
}
