import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IMPLEMENTATIONS } from './implementations.js'
import { bytesOf, chunkOf, code, frameSession, framesOf, keptSession } from './journals.js'

describe.each(IMPLEMENTATIONS)('journals in $name', ({ durable, make }) => {
  it('keep frames as they came, in pieces of any length, until their chunk is put', async () => {
    const lengths = fc
      .array(fc.nat(1500), { minLength: 1, maxLength: 4 })
      .filter((all) => all.some((one) => one > 0))
    await fc.assert(
      fc.asyncProperty(lengths, fc.constantFrom(0, 1, 3), async (lengths, frames) => {
        const place = make()
        const journal = await place.create(frameSession())
        const { entry, bytes, pieces } = framesOf(2, { frames })
        await journal.spill(entry, pieces(...lengths))
        const { entry: kept } = journal.state.spills.get(2)!
        expect(kept).toMatchObject(entry)
        for (let turn = 0; turn < 2; turn++) {
          const given = await journal.spilled(2)
          expect(await bytesOf([given])).toEqual(bytes)
          // They are the reader's: it may write to them, or hand them on.
          given.fill(0)
        }
        await journal.close()
        const again = await place.open('stream-1')
        expect(again.state).toEqual(journal.state)
        expect(await bytesOf([await again.spilled(2)])).toEqual(bytes)
        expect(await bytesOf([await (await place.look('stream-1')).spilled(2)])).toEqual(bytes)
        expect(await place.verify('stream-1')).toEqual([])
        const { entry: chunk, body, bytes: sealed } = chunkOf(2)
        await again.put(chunk, body())
        expect(again.state.spills.size).toBe(0)
        await expect(again.spilled(2)).rejects.toMatchObject(code('core/internal'))
        expect(await bytesOf(await again.body(2))).toEqual(sealed)
        await again.remove()
      }),
      { numRuns: 15 },
    )
  })

  it('keep nothing of frames that are not as long as they were said to be, or never come whole', async () => {
    const place = make()
    const journal = await place.create(frameSession())
    const { entry, bytes, pieces } = framesOf(0)
    const other = framesOf(0, { seed: 9 })
    await journal.spill(other.entry, other.pieces(100))
    const before = structuredClone(journal.state)
    const ofLength = async function* (length: number) {
      for (let at = 0; at < length; at += 300) yield new Uint8Array(Math.min(300, length - at))
    }
    for (const length of [0, bytes.length - 1, bytes.length + 1, 3 * bytes.length])
      await expect(journal.spill(entry, ofLength(length))).rejects.toMatchObject(code('core/internal'))
    const torn = new Error('the camera was unplugged')
    const breaking = async function* () {
      yield bytes.subarray(0, 300)
      throw torn
    }
    await expect(journal.spill(entry, breaking())).rejects.toBe(torn)
    expect(journal.state).toEqual(before)
    expect(await bytesOf([await journal.spilled(0)])).toEqual(other.bytes)
    await journal.spill(entry, pieces(999))
    expect(await bytesOf([await journal.spilled(0)])).toEqual(bytes)
    await journal.close()
    expect((await place.look('stream-1')).state).toEqual(journal.state)
  })

  it('hold of each index what came last, whatever comes, and is closed and opened between', async () => {
    const index = fc.nat(2)
    const step = fc.oneof(
      fc.record({ do: fc.constantFrom('put' as const, 'spill' as const), index, seed: fc.nat(50) }),
      fc.record({ do: fc.constantFrom('stored' as const, 'reopen' as const), index }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), fc.boolean(), async (steps, kept) => {
        const place = make()
        let journal = await place.create(kept ? keptSession() : frameSession())
        const { dataId } = journal.state.session
        const shards = new Map<number, Uint8Array | undefined>()
        const spills = new Map<number, Uint8Array>()
        for (const step of steps) {
          if (step.do === 'put') {
            const { entry, body, bytes } = chunkOf(step.index, 100 + step.seed, step.seed)
            await journal.put(entry, body())
            shards.set(step.index, bytes)
            spills.delete(step.index)
          } else if (step.do === 'spill') {
            const { entry, bytes, pieces } = framesOf(step.index, { frames: 1, seed: step.seed })
            await journal.spill(entry, pieces(64))
            spills.set(step.index, bytes)
          } else if (step.do === 'stored' && shards.has(step.index)) {
            await journal.append({ type: 'stored', item: step.index, proof: 'md5' })
            if (!kept || !durable) shards.set(step.index, undefined)
          } else if (step.do === 'reopen') {
            await journal.close()
            journal = await place.open(dataId)
          }
          expect([...journal.state.chunks.keys()].sort()).toEqual([...shards.keys()].sort())
          expect([...journal.state.spills.keys()].sort()).toEqual([...spills.keys()].sort())
          for (const [at, bytes] of spills) expect(await bytesOf([await journal.spilled(at)])).toEqual(bytes)
          for (const [at, bytes] of shards) {
            const found = await journal.body(at).then(bytesOf, (error: { code: string }) => error.code)
            expect(found).toEqual(bytes ?? 'core/internal')
          }
          expect(await place.verify(dataId)).toEqual([])
        }
        await journal.remove()
      }),
      { numRuns: 20 },
    )
  })

  it('take frames and the chunk of one index at once: the one that is written down later stands', async () => {
    const place = make()
    for (const order of ['spill', 'put'] as const) {
      const journal = await place.create(frameSession(order))
      const spill = () => journal.spill(framesOf(0).entry, framesOf(0).pieces(400))
      const put = () => journal.put(chunkOf(0).entry, chunkOf(0).body())
      await Promise.all(order === 'spill' ? [spill(), put(), spill()] : [put(), spill(), put()])
      const { state } = journal
      expect(await bytesOf(await journal.body(0))).toEqual(chunkOf(0).bytes)
      if (state.spills.has(0)) expect(await bytesOf([await journal.spilled(0)])).toEqual(framesOf(0).bytes)
      await journal.close()
      expect((await place.look(order)).state).toEqual(state)
      expect(await place.verify(order)).toEqual([])
    }
  })
})
