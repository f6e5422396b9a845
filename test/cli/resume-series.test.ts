import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { verifyStore } from 'framewire/server'
import { describe, expect, it } from 'vitest'
import { GROWTH, json, run, streamOf } from './command.js'
import { leftFrames, leftSeries } from './left-stream.js'
import { unwilling } from './unwilling.js'

describe('resume, of a stream of channels', () => {
  it('sends the points that the journal has, and ends the stream where its end was asked for', async () => {
    const { server, service, journal, env, place } = await unwilling()
    const dataId = await leftSeries(place, true)
    service.refusals = 0
    const { code, stdout, stderr } = await run(['resume', journal], env)
    expect(stderr).toContain(`${dataId}: 3 of 3 chunks are to be stored`)
    expect(code).toBe(0)
    expect(stdout).toBe(
      `Stream    ${dataId}\nPoints    6 of 6 stored, in 3 chunks\nChannels  heater (5, C), pressure (1, mbar)\n`,
    )
    const report = await verifyStore(join(server.store, dataId))
    expect(report).toMatchObject({ kind: 'series', storedPoints: 6, problems: [] })
    expect((await streamOf(server.url, dataId)).endedAt).toBeDefined()
    expect(readdirSync(journal)).toEqual([])
  })

  it('ends one that more could come for only when told to', async () => {
    const { server, service, journal, env, place } = await unwilling()
    const dataId = await leftSeries(place)
    service.refusals = 0
    const open = await run(['resume', journal], env)
    expect(open.code).toBe(0)
    expect(open.stdout).toMatch(/^Chunks +3 of 3 stored; not ended/m)
    expect((await streamOf(server.url, dataId)).endedAt).toBeUndefined()
    const ended = await run(['resume', journal, '--end', '--json'], env)
    expect(ended.code).toBe(0)
    expect(json(ended.stdout).streams[0]).toMatchObject({
      dataId,
      chunks: 3,
      pending: 0,
      receipt: { finalized: true, totals: { points: 6, pointsStored: 6 } },
    })
    expect(readdirSync(journal)).toEqual([])
  })

  it.each([
    ['are not stored in time', 503, { code: 'upload/undrained', details: { pending: [0, 1, 2] } }],
    ['are given up', 422, { code: 'upload/incomplete', details: { missing: [0, 1, 2] } }],
  ])('fails where its points %s, and resumes the others', async (_, status, error) => {
    const { journal, env, place } = await unwilling({ status })
    const series = await leftSeries(place)
    const drainSeconds = status === 503 ? '0.3' : '60'
    const frames = await leftFrames(place, GROWTH, [0], { isOwn: false })
    const { code, stdout } = await run(['resume', journal, '--drain-timeout', drainSeconds, '--json'], env)
    expect(code).toBe(1)
    const { streams } = json(stdout)
    expect(streams.map(({ dataId }) => dataId).sort()).toEqual([series, frames].sort())
    const one = streams.find(({ dataId }) => dataId === series)
    expect(one).toMatchObject({ chunks: 3, pending: 3, error: { code: error.code } })
    const text = (
      await run(['resume', journal, '--end', '--drain-timeout', drainSeconds, '--stream', series], env)
    ).stdout
    expect(text).toMatch(/^Points +0 of 6 stored, in 0 chunks$/m)
    expect(text).toMatch(new RegExp(`^Error +${error.code}: `, 'm'))
    expect(text).toMatch(/^Chunk 2 +.*2 points of heater, pressure/m)
  })

  it('shows the points that a journal has', async () => {
    const { journal, place } = await unwilling()
    const dataId = await leftSeries(place)
    const at = ['--journal', journal]
    const shown = (await run(['journal', 'show', dataId, ...at])).stdout.replaceAll(/\d+ tries/g, 'N tries')
    expect(shown).toMatch(/^Name +heater$/m)
    const heater = 'Chunk 0   2 points of heater, not stored, N tries'
    expect(shown.split('\n').slice(-4)).toEqual([
      heater,
      heater.replace('0', '1'),
      'Chunk 2   1 points of heater, 1 points of pressure, not stored, N tries',
      '',
    ])
    expect((await run(['journal', 'ls', ...at])).stdout).toMatch(/"heater" {2}3 of 3 chunks not stored/)
    expect((await run(['journal', 'verify', ...at])).stdout).toBe(`${dataId}  sound\n`)
    expect((await run(['journal', 'rm', dataId, ...at])).stderr).toMatch(/journal\/needed: .*3 chunk/)
    expect((await run(['journal', 'rm', dataId, '--force', ...at])).code).toBe(0)
    expect(readdirSync(journal)).toEqual([])
  })
})
