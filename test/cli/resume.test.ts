import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readFrames } from 'framewire/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { GROWTH, json, run, start, streamOf } from './command.js'
import { leftFrames } from './left-stream.js'
import { PIXELS, unwilling } from './unwilling.js'

describe('resume', () => {
  it('sends what a stream that was not drained left in its journal, and ends it', async () => {
    const { server, service, journal, env, stream } = await unwilling()
    const { code, error, receipt, dataId } = await stream()
    expect(code).toBe(1)
    expect(error).toMatchObject({ code: 'upload/undrained', details: { pending: [0, 1, 2, 3] } })
    // Not lost, and the service does not take it for complete.
    expect(receipt).toMatchObject({ losses: { upload: 0, app: 0 }, finalized: false })
    expect((await streamOf(server.url, dataId)).endedAt).toBeUndefined()

    service.refusals = 0
    const resumed = await run(['resume', journal, '--json'], env)
    expect(resumed.stderr).toContain('4 of 4 chunks')
    expect(resumed.code).toBe(0)
    expect(json(resumed.stdout).streams[0]).toMatchObject({
      dataId,
      chunks: 4,
      pending: 0,
      receipt: { finalized: true, totals: { framesStored: 26 } },
    })
    const stored = await readFrames(join(server.store, dataId), 0, 26)
    expect(Buffer.compare(stored, PIXELS)).toBe(0)
    expect((await streamOf(server.url, dataId)).endedAt).toBeDefined()
    expect(readdirSync(journal)).toEqual([])
    expect((await run(['resume', journal], env)).stdout).toMatch(/^nothing to resume/)
  })

  it('stores the chunks of a stream that another program feeds, and ends it only when told to', async () => {
    const { server, service, journal, env, place } = await unwilling()
    const dataId = await leftFrames(place, GROWTH, [0], { isOwn: false })
    service.refusals = 0
    const open = await run(['resume', journal], env)
    expect(open.stdout).toMatch(/1 of 1 stored; not ended/)
    expect(open.code).toBe(0)
    expect((await streamOf(server.url, dataId)).endedAt).toBeUndefined()
    const ended = await run(['resume', journal, '--end', '--json'], env)
    expect(json(ended.stdout).streams[0]!.receipt.totals).toMatchObject({ framesStored: 8 })
    expect((await streamOf(server.url, dataId)).endedAt).toBeDefined()
    expect(readdirSync(journal)).toEqual([])
  })

  it.each([
    ['are not stored in time', 503, { code: 'upload/undrained', details: { pending: [0] } }],
    ['are given up', 413, { code: 'upload/incomplete', details: { missing: [0] } }],
  ])('fails where chunks of a stream that goes on %s', async (_, status, error) => {
    const { journal, env, place } = await unwilling({ status })
    const dataId = await leftFrames(place, GROWTH, [0], { isOwn: false })
    // Refused for good, they are given up long before.
    const drainSeconds = status === 503 ? '0.3' : '60'
    const args = ['resume', journal, '--drain-timeout', drainSeconds]
    const resumed = await run([...args, '--json'], env)
    expect(resumed.code).toBe(1)
    expect(json(resumed.stdout).error).toMatchObject(error)
    const [stream] = json(resumed.stdout).streams
    expect(stream).toMatchObject({ dataId, chunks: 1, pending: 1, error: { code: error.code } })
    const text = (await run(args, env)).stdout
    expect(text).toMatch(new RegExp(`^Chunks +0 of 1 stored\\nError +${error.code}: `, 'm'))
  })

  it('can be interrupted: what is not stored stays in the journal', async () => {
    const { journal, env, place } = await unwilling()
    const dataId = await leftFrames(place, GROWTH, [0], { isOwn: false })
    const command = start(['resume', journal, '--json'], env)
    await command.said(/1 of 1 chunks are to be stored/)
    command.child.kill('SIGINT')
    const { code, stdout } = await command.ended
    expect(code).toBe(130)
    expect(json(stdout)).toMatchObject({
      ok: false,
      interrupted: true,
      streams: [{ dataId, chunks: 1, pending: 1 }],
    })
    expect(json(stdout).streams[0]!.error).toBeUndefined()
  })

  it('refuses a journal that is in use, naming the process', async () => {
    const { journal, env } = await unwilling()
    const command = start(['stream', GROWTH, '--fps', '4', '--journal', journal, '--verbose'], env)
    onTestFinished(() => void command.child.kill('SIGKILL'))
    await command.said(/chunk 0 journaled/)
    const second = await run(['resume', journal], env)
    expect(second.code).toBe(1)
    expect(second.stderr).toContain(`in use by process ${command.child.pid}`)
  })

  it('names the journals that cannot be resumed, and resumes the others', async () => {
    const { service, journal, env, stream } = await unwilling()
    const { dataId } = await stream()
    const damaged = '00000000-0000-4000-8000-000000000000'
    const unbegun = '00000000-0000-4000-8000-000000000001'
    for (const id of [damaged, unbegun]) mkdirSync(join(journal, id))
    writeFileSync(join(journal, damaged, 'log'), 'no log at all\n')
    service.refusals = 0
    const { code, stdout, stderr } = await run(['resume', journal, '--json'], env)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^framewire: journal\/damaged: /m)
    const { error, streams } = json(stdout)
    expect(streams.map((one) => [one.dataId, one.error, one.receipt?.totals.framesStored])).toEqual(
      expect.arrayContaining([
        [damaged, { code: 'journal/damaged', message: error.message }, undefined],
        [dataId, undefined, 26],
      ]),
    )
    // Nothing was ever accepted into the one that was not begun, so it is gone.
    expect(streams).toHaveLength(2)
    expect(readdirSync(journal)).toEqual([damaged])
    expect(readFileSync(join(journal, damaged, 'log'), 'utf8')).toBe('no log at all\n')
    const text = (await run(['resume', journal], env)).stdout
    expect(text).toBe(`Stream    ${damaged}\nError     journal/damaged: ${error.message}\n`)
  })

  it('tells how much a stream still holds that the service does not take', async () => {
    const { journal, env, stream } = await unwilling()
    const { dataId } = await stream()
    const args = ['resume', journal, '--stream', dataId, '--api-key', 'stolen']
    const refused = await run([...args, '--json'], env)
    expect(refused.code).toBe(1)
    const [one] = json(refused.stdout).streams
    expect(one).toMatchObject({ dataId, chunks: 4, pending: 4, error: { code: 'upload/unauthorized' } })
    expect((await run(args, env)).stdout).toMatch(/^Chunks +0 of 4 stored\nError +upload\/unauthorized: /m)
  })

  it('fails where there is no journal of the stream', async () => {
    const { journal, env } = await unwilling()
    const { code, stdout } = await run(['resume', journal, '--stream', 'none', '--json'], env)
    expect(code).toBe(1)
    expect(json(stdout).error.code).toBe('journal/missing')
  })
})
