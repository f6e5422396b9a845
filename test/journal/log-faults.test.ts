import { describe, expect, it } from 'vitest'
import { hasCode } from '../../ts/errors.js'
import { logFrame } from '../../ts/journal/log-frame.js'
import { ForgetfulDisk } from '../disk/forgetful-disk.js'
import { type FileCall, faultyDisk } from './faulty-disk.js'
import {
  bytesOf,
  chunkOf,
  code,
  frameSession,
  LONG,
  PLACE,
  placeOn,
  pointsOf,
  put,
  seriesSession,
} from './journals.js'

describe('a journal whose log cannot be written', () => {
  /** Journals in memory with two chunks; the log fails as long as `fault` says so. */
  async function faulty() {
    const plan: { fault?: (call: FileCall) => 'half' | 'whole' | undefined } = {}
    const disk = new ForgetfulDisk()
    const flaky = faultyDisk(disk, (call, path) => (path.endsWith('/log') ? plan.fault?.(call) : undefined))
    const journal = await placeOn(flaky).create(frameSession())
    for (const index of [0, 1]) await put(journal, index)
    const names = async () => (await disk.list(`${PLACE}/stream-1`)).map(({ name }) => name).sort()
    return { plan, disk, journal, names, before: structuredClone(journal.state) }
  }

  it.each(['half', 'whole'] as const)('keeps nothing of what it refused, and goes on: %s', async (how) => {
    const { plan, disk, journal, names, before } = await faulty()
    plan.fault = (call) => (call === 'write' ? how : undefined)
    const asked = [put(journal, 2), journal.append({ type: 'stored', item: 0, proof: 'md5' })]
    for (const result of await Promise.allSettled(asked)) {
      expect(result).toMatchObject({ status: 'rejected', reason: code('journal/full') })
    }
    expect(await names()).toEqual(['0-0.shard', '1-1.shard', 'log'])
    expect(journal.state).toEqual(before)
    plan.fault = undefined
    await journal.append({ type: 'stored', item: 1, proof: 'md5' })
    const after = await placeOn(disk.afterCrash()).open('stream-1')
    expect(after.state).toEqual(journal.state)
    expect(await bytesOf(await after.body(0))).toEqual(chunkOf(0).bytes)
  })

  it('has nothing of what was written, but not synced', async () => {
    const { plan, disk, journal, before } = await faulty()
    let syncs = 0
    plan.fault = (call) => (call === 'sync' && syncs++ === 0 ? 'whole' : undefined)
    await expect(journal.append({ type: 'finalize' })).rejects.toMatchObject(code('journal/disk'))
    expect((await placeOn(disk.afterKill()).open('stream-1')).state).toEqual(before)
  })

  it('takes nothing more when that cannot be taken back, and loses nothing', async () => {
    const { plan, disk, journal, names, before } = await faulty()
    let faults = 0
    // The first write, and the cut after it.
    plan.fault = (call) => (call !== 'sync' && faults++ < 2 ? 'whole' : undefined)
    const asked = [put(journal, 2), journal.append({ type: 'finalize' })]
    // While that is written, another waits.
    for (let turn = 0; turn < 3; turn++) await Promise.resolve()
    asked.push(journal.append({ type: 'stored', item: 0, proof: 'md5' }))
    for (const result of await Promise.allSettled(asked)) {
      expect(result).toMatchObject({ status: 'rejected', reason: code('journal/broken') })
    }
    plan.fault = undefined
    await expect(journal.append({ type: 'finalize' })).rejects.toMatchObject(code('journal/broken'))
    await expect(put(journal, 3)).rejects.toThrow(/log takes nothing more: a write failed/)
    expect(journal.state).toEqual(before)
    // What was refused may be in the log: then its bytes must be there.
    expect(await names()).toContain('2-2.shard')
    await journal.close()
    const again = await placeOn(disk).open('stream-1')
    expect(await placeOn(disk).verify('stream-1')).toEqual([])
    expect(await bytesOf(await again.body(1))).toEqual(chunkOf(1).bytes)
  })
})

describe('a journal whose log is damaged while it is open', () => {
  /** Points 0, then 1 to 3 in one frame, then 4; what `damage` does to the bytes of that frame. */
  async function damaged(damage: (frame: Uint8Array) => void) {
    const disk = new ForgetfulDisk()
    const journal = await placeOn(disk).create(seriesSession())
    const points = (id: number) => journal.append({ type: 'points', entry: pointsOf(id) })
    await points(0)
    const { length: start } = await disk.read(LOG)
    await Promise.all([1, 2, 3].map(points))
    const { length: end } = await disk.read(LOG)
    await points(4)
    const bytes = await disk.read(LOG)
    const change = async () => {
      const frame = bytes.slice(start, end)
      damage(frame)
      const file = await disk.open(LOG)
      await file.write(frame, start)
      await file.close()
    }
    return { disk, journal, change, bits: 8 * (end - start) }
  }
  const LOG = `${PLACE}/series-1/log`

  it('gives no request away of which a bit has changed, and those of other frames', LONG, async () => {
    let bit = 0
    const { disk, journal, change, bits } = await damaged((frame) => {
      frame[bit >> 3]! ^= 1 << (bit & 7)
    })
    const view = await placeOn(disk).look('series-1')
    for (; bit < bits; bit++) {
      await change()
      for (const id of [1, 2, 3]) {
        const told = await journal.request(id).catch((error: unknown) => error)
        if (!hasCode(told, 'journal/damaged')) throw new Error(`bit ${bit}, points ${id}: ${told}`)
      }
    }
    for (const id of [0, 4]) expect(await journal.request(id)).toBe(pointsOf(id).body)
    // What was looked at before is what it was then.
    for (const id of [0, 1, 2, 3, 4]) expect(await view.request(id)).toBe(pointsOf(id).body)
    await expect(placeOn(disk).look('series-1')).rejects.toMatchObject(code('journal/damaged'))
  })

  it('gives none away from a frame that is another, ends too early or is gone', async () => {
    const { disk, journal, change } = await damaged((frame) => {
      const seq = 2
      const spare = frame.length - logFrame(seq, ['']).length
      frame.set(logFrame(seq, ['x'.repeat(spare)]))
    })
    await change()
    await expect(journal.request(2)).rejects.toThrow(/points 2 are not where they were written \(byte \d+\)/)
    const file = await disk.open(LOG)
    await file.truncate((await file.size()) - 1)
    await expect(journal.request(4)).rejects.toMatchObject(code('journal/damaged'))
    await file.truncate(0)
    await expect(journal.request(0)).rejects.toMatchObject(code('journal/damaged'))
    await disk.remove(LOG)
    await expect(journal.request(0)).rejects.toMatchObject(code('journal/vanished'))
  })
})
