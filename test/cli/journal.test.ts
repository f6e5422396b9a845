import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { journalFolder } from '../../ts/journal/folder-node.js'
import { JOURNAL_VERSION } from '../../ts/journal/journal.js'
import type { StreamJournal } from '../../ts/journal/place.js'
import type { PointsEntry, Session, SpillEntry } from '../../ts/journal/records.js'
import { folder, json, run } from './command.js'
import { unwilling } from './unwilling.js'

const SPILL: Omit<SpillEntry, 'sha256'> = {
  index: 0,
  frames: 8,
  height: 4,
  width: 5,
  channels: 1,
  format: 'u8',
  bits: 8,
  bytesPerFrame: 20,
  captureStartMs: 0,
  captureEndMs: 2000,
  request: '',
}
const POINTS: PointsEntry = {
  id: 0,
  index: 0,
  channels: [{ name: 'heater', points: 1, digest: 0 }],
  path: '/',
  body: '{}',
}

async function* frames() {
  yield new Uint8Array(8 * 20)
}

const NOBODY = '00000000-0000-4000-8000-000000000000'

describe('journal', () => {
  it('lists journals, and takes none away that holds what is nowhere else', async () => {
    const { journal, stream } = await unwilling()
    const { dataId } = await stream()
    const place = ['--journal', journal]
    const listed = await run(['journal', 'ls', ...place])
    expect(listed.stdout).toMatch(new RegExp(`^${dataId} .*4 of 4 chunks not stored .*its end was asked for`))

    const kept = await run(['journal', 'rm', dataId, ...place])
    expect(kept.code).toBe(1)
    expect(kept.stderr).toMatch(/^framewire: journal\/needed: .*4 chunk/m)
    expect(existsSync(join(journal, dataId))).toBe(true)
    const forced = await run(['journal', 'rm', dataId, ...place, '--force', '--json'])
    expect(JSON.parse(forced.stdout)).toEqual({ ok: true, dataId, removed: true, lostChunks: 4 })
    expect(readdirSync(journal)).toEqual([])
    expect((await run(['journal', 'ls', ...place])).stdout).toBe(`no journals in ${journal}\n`)
  })

  it('shows what became of each chunk, in their order', async () => {
    // One of the shards, whichever comes first, is refused for good.
    const { journal, stream } = await unwilling({ status: 413, refusals: 1 })
    const { error, dataId } = await stream('60')
    expect(error.code).toBe('upload/incomplete')
    const [refused] = error.details.missing as [number]

    const shown = await run(['journal', 'show', dataId, '--journal', journal])
    expect(shown.code).toBe(0)
    expect(shown.stdout).toMatch(/^State +ended$/m)
    const rows = shown.stdout.split('\n').filter((row) => row.startsWith('Chunk'))
    expect(rows.map((row) => row.replace(/ {2,}/, ' ').replace(/[\d.]+ MB/, 'MB'))).toEqual(
      [8, 8, 8, 2].map((frames, index) =>
        index === refused
          ? expect.stringMatching(
              new RegExp(`^Chunk ${index} ${frames} frames, MB, given up: .*413.*, 1 tries$`),
            )
          : `Chunk ${index} ${frames} frames, MB, stored, 1 tries`,
      ),
    )

    const { chunks } = JSON.parse(
      (await run(['journal', 'show', dataId, '--journal', journal, '--json'])).stdout,
    )
    expect(chunks.map(({ index, stored }: { index: number; stored?: object }) => [index, !stored])).toEqual(
      [0, 1, 2, 3].map((index) => [index, index === refused]),
    )
    expect(chunks[refused].givenUp.code).toBe('upload/rejected')
  })

  it('verifies the bytes that are held, and names the chunk whose are damaged', async () => {
    const { journal, stream } = await unwilling()
    const { dataId } = await stream()
    // A crash came before this one was begun: there is nothing in it that could be damaged.
    mkdirSync(join(journal, NOBODY))
    const all = ['journal', 'verify', '--journal', journal]
    const sound = await run(all)
    expect(sound.code).toBe(0)
    expect(sound.stdout).toBe(`${NOBODY}  sound\n${dataId}  sound\n`)

    const file = readdirSync(join(journal, dataId)).find((name) => name.startsWith('2-'))!
    const bytes = readFileSync(join(journal, dataId, file))
    bytes[1000]! ^= 1
    writeFileSync(join(journal, dataId, file), bytes)
    const damaged = await run([...all, '--json'])
    expect(damaged.code).toBe(1)
    const { error, streams } = json(damaged.stdout)
    expect(error).toMatchObject({ code: 'journal/damaged', details: { chunk: 2 } })
    expect(streams).toEqual(
      expect.arrayContaining([
        { dataId: NOBODY, problems: [] },
        { dataId, problems: [{ code: 'journal/damaged', message: error.message }] },
      ]),
    )
    const one = await run(['journal', 'verify', dataId, '--journal', journal])
    expect(one.stdout).toBe(`${dataId}  not sound\n  ${error.message}\n`)
  })

  it.each<[string, Partial<Session>, (journal: StreamJournal) => Promise<void>]>([
    [
      'frames that are not packed yet',
      { kind: 'frames', fps: 4, rotationsPerMin: 0, chunkSize: 8 },
      (journal) => journal.spill(SPILL, frames()),
    ],
    ['points', { kind: 'series' }, (journal) => journal.append({ type: 'points', entry: POINTS })],
  ])('takes no journal of %s away either', async (what, kind, put) => {
    const path = folder()
    const common = { type: 'session', version: JOURNAL_VERSION, dataId: NOBODY, streamName: 'Growth' }
    const session = { ...common, endpoint: 'http://127.0.0.1:1', startedAtMs: 0, ...kind } as Session
    const journal = await journalFolder(path).create(session)
    await put(journal)
    await journal.close()
    const place = ['--journal', path]
    expect((await run(['journal', 'ls', ...place])).stdout).toContain('1 of 1 chunks not stored')
    const shown = await run(['journal', 'show', NOBODY, ...place])
    expect(shown.stdout).toMatch(
      what === 'points' ? /^State +cut off/m : /^Chunk 0 +8 frames, not packed yet$/m,
    )
    expect((await run(['journal', 'rm', NOBODY, ...place])).stderr).toMatch(/^framewire: journal\/needed: /)
    expect(readdirSync(path)).toEqual([NOBODY])
  })

  it('takes a journal that cannot be read away only by force, and claims not to know what is lost', async () => {
    const journal = folder()
    mkdirSync(join(journal, NOBODY))
    writeFileSync(join(journal, NOBODY, 'log'), 'no log at all\n')
    const rm = ['journal', 'rm', NOBODY, '--journal', journal, '--json']
    expect(json((await run(rm)).stdout).error.code).toBe('journal/needed')
    const forced = await run([...rm, '--force'])
    expect(JSON.parse(forced.stdout)).toEqual({ ok: true, dataId: NOBODY, removed: true })
    expect(readdirSync(journal)).toEqual([])
  })

  it.each([['show'], ['verify'], ['rm']])(
    '%s fails where there is no journal of the stream',
    async (what) => {
      const { code, stderr } = await run(['journal', what, NOBODY, '--journal', folder()])
      expect(code).toBe(1)
      expect(stderr).toMatch(/^framewire: journal\/missing: .*\n$/)
    },
  )
})
