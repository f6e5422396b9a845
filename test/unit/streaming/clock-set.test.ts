import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { journalFolder, RHEEDStreamer } from 'framewire'
import { createIngestServer, type IngestServer, verifyStore } from 'framewire/server'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

const HOUR = 3_600_000
const [FRAMES, SIDE, FPS] = [5, 8, 50]
const CHUNKS = 5

let folder: string
let server: IngestServer

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'framewire-clock-set-'))
  server = await createIngestServer({ store: join(folder, 'store'), apiKey: 'k', logLevel: 'silent' })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

describe.each([
  ['back', -HOUR],
  ['forward', HOUR],
])('a recording that is streamed while the wall clock is set %s by an hour', (name, byMs) => {
  it.each(['capture', 'none'] as const)('keeps its pace (%s) and loses nothing', async (pace) => {
    const shown = Date.now
    const clock = vi.spyOn(Date, 'now')
    const from = shown()
    const journal = journalFolder(join(folder, `${name}-${pace}`))
    const endpoint = server.url
    const streamer = new RHEEDStreamer({ apiKey: 'k', endpoint, journal, clockSync: false, maxWorkers: 1 })
    try {
      const dataId = await streamer.initialize({ fps: FPS, rotationsPerMin: 0, chunkSize: 2 * FPS })
      await streamer.run(
        dataId,
        (function* () {
          for (let index = 0; index < CHUNKS; index++) {
            if (index === 2) clock.mockImplementation(() => shown() + byMs)
            yield { data: new Uint8Array(FRAMES * SIDE * SIDE).fill(index + 1), shape: [FRAMES, SIDE, SIDE] }
          }
        })(),
        { pace },
      )
      const { chunks, totals } = await streamer.finalize(dataId)
      const to = shown()
      expect(totals.framesStored).toBe(CHUNKS * FRAMES)
      expect((await verifyStore(join(folder, 'store', dataId))).problems).toEqual([])
      const starts = chunks.map(({ captureStartMs }) => captureStartMs)
      const lasts = (FRAMES * 1000) / FPS
      if (pace === 'none') {
        // From the start of the run they follow each other: one clock was read, once.
        expect(starts).toEqual(starts.map((_, index) => starts[0]! + index * lasts))
      } else {
        for (const [index, start] of starts.entries()) {
          const offset = index < 2 ? 0 : byMs
          expect(start).toBeGreaterThanOrEqual(from + offset - lasts)
          expect(start).toBeLessThanOrEqual(to + offset - lasts)
        }
      }
    } finally {
      clock.mockRestore()
      await streamer.close()
    }
  })
})
