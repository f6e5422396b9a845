import { readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startFaultProxy } from '../bad-input/fault-proxy.js'
import { folder, GROWTH, json, KEY, run, startServer } from './command.js'
import { leftFrames } from './left-stream.js'

let server: Awaited<ReturnType<typeof startServer>>
/** Journals, with one stream that was kept, and its receipt as a file. */
let journal: string
let dataId: string
let receipt: string
const undo: (() => void | Promise<void>)[] = []
const fast = ['--fps', '4', '--pace', 'none', '--keep']

beforeAll(async () => {
  server = await startServer((step) => undo.push(step))
  journal = join(
    folder((step) => undo.push(step)),
    'journal',
  )
  const { stdout } = await run(['stream', GROWTH, ...fast, '--journal', journal, '--json'], server.env)
  dataId = json(stdout).streams[0]!.receipt.dataId
  receipt = join(journal, '..', 'receipt.json')
  writeFileSync(receipt, stdout)
  expect(json(stdout).streams[0]!.receipt).toMatchObject({ kept: join(journal, dataId), finalized: true })
})

afterAll(async () => {
  for (const step of undo.reverse()) await step()
})

describe('a stream that is kept', () => {
  it('is a store that proves against the recording and the receipt', async () => {
    const kept = join(journal, dataId)
    const proved = await run(['verify', kept, '--against', GROWTH, '--receipt', receipt])
    expect(proved.stderr).toMatch(/comparing 26 frames/)
    expect(proved.code).toBe(0)
    expect(proved.stdout).toMatch(/^Compared +26 frames equal/m)
    expect(proved.stdout).toMatch(/^Receipt +every chunk/m)
    const { stdout } = await run(['info', kept, '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ id: dataId, kind: 'frames', frames: 26, chunks: 4, fps: 4 })
  })

  it('says where it lies', async () => {
    const path = join(folder(), 'journal')
    const { code, stdout } = await run(['stream', GROWTH, ...fast, '--journal', path], server.env)
    expect(code).toBe(0)
    const [id] = readdirSync(path)
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(`Kept      ${join(path, id!)}`)
  })

  it('is called what it is among the journals', async () => {
    const place = ['--journal', journal]
    expect((await run(['journal', 'ls', ...place])).stdout).toBe(`${dataId}  kept as a local store\n`)
    const listed = await run(['journal', 'ls', ...place, '--json'])
    expect(JSON.parse(listed.stdout).streams).toEqual([{ dataId, path: join(journal, dataId), kept: true }])
    const shown = await run(['journal', 'show', dataId, ...place])
    expect(shown.code).toBe(0)
    expect(shown.stdout).toMatch(new RegExp(`^Stream +${dataId}`))
    expect(shown.stdout).toMatch(/^Frames +26 of 320 x 448, 0 absent$/m)
    expect(shown.stdout).toMatch(/^State +kept as a local store in /m)
    const json = await run(['journal', 'show', dataId, ...place, '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ id: dataId, kept: join(journal, dataId), frames: 26 })
  })

  it('is passed over where journals are verified or resumed', async () => {
    const checked = await run(['journal', 'verify', '--journal', journal])
    expect(checked.code).toBe(0)
    expect(checked.stdout).toBe(`${dataId}  kept as a local store: framewire verify checks it\n`)
    for (const which of [[], ['--stream', dataId]]) {
      const resumed = await run(['resume', journal, ...which], server.env)
      expect(resumed.code).toBe(0)
      expect(resumed.stdout).toBe(`nothing to resume in ${journal}\n`)
    }
  })

  it('is taken away only by force, and nobody is told that it is nowhere else', async () => {
    const path = join(folder(), 'journal')
    await run(['stream', GROWTH, ...fast, '--journal', path], server.env)
    const [id] = readdirSync(path)
    const rm = ['journal', 'rm', id!, '--journal', path]
    const refused = await run(rm)
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(/^framewire: journal\/needed: .*4 chunk\(s\) as a local store.*--force/)
    expect(refused.stderr).not.toMatch(/nowhere else|[Rr]esume/)
    expect(readdirSync(path)).toEqual([id])
    const forced = await run([...rm, '--force', '--json'])
    expect(JSON.parse(forced.stdout)).toEqual({ ok: true, dataId: id, removed: true, lostChunks: 0 })
    expect(readdirSync(path)).toEqual([])
  })

  it('is kept by resume, where it was cut off', async () => {
    const path = join(folder(), 'journal')
    const place = { endpoint: server.url, journal: path }
    const id = await leftFrames(place, GROWTH, [1], { keep: true })
    const { code, stdout } = await run(['resume', path], server.env)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Frames +26 of 26 stored/m)
    expect(stdout).toContain(`Kept      ${join(path, id)}`)
    expect((await run(['verify', join(path, id), '--against', GROWTH])).code).toBe(0)
  })
})

describe('a stream that cannot be kept', () => {
  it('is stored all the same; the receipt says so, and resume tries again', async () => {
    const path = join(folder(), 'journal')
    const away = join(folder(), 'away')
    let taken: string | undefined
    // One chunk is taken away when the service is told of the end, before the store is made.
    const proxy = await startFaultProxy(server.url, ({ target }) => {
      const id = /^\/rheed\/stream\/(.+)\/end$/.exec(target)?.[1]
      if (!id || taken) return undefined
      const [shard] = readdirSync(join(path, id)).filter((name) => name.startsWith('1-'))
      taken = join(path, id, shard!)
      renameSync(taken, away)
      return undefined
    })
    onTestFinished(() => proxy.close())
    const env = { AS_API_KEY: KEY, AS_API_ENDPOINT: proxy.root }
    const ended = await run(['stream', GROWTH, ...fast, '--journal', path, '--json'], env)
    expect(ended.code).toBe(1)
    const { error, streams } = json(ended.stdout)
    expect(error.code).toBe('journal/not-kept')
    expect(error.details).not.toHaveProperty('receipt')
    const { receipt } = streams[0]!
    expect(receipt).toMatchObject({ finalized: true, totals: { framesStored: 26 } })
    expect(receipt.kept).toBeUndefined()

    const again = await run(['resume', path], env)
    expect(again.code).toBe(1)
    expect(again.stdout).toMatch(/^Frames +26 of 26 stored(.|\n)*^Error +journal\/not-kept: /m)
    renameSync(away, taken!)
    const kept = await run(['resume', path], env)
    expect(kept.code).toBe(0)
    expect(kept.stdout).toContain(`Kept      ${join(path, receipt.dataId)}`)
    expect((await run(['verify', join(path, receipt.dataId), '--against', GROWTH])).code).toBe(0)
  })
})
