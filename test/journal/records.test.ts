import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFramewireError } from '../../ts/errors.js'
import {
  isRecord,
  type JournalNote,
  type JournalRecord,
  type Json,
  type Session,
  type SpillEntry,
} from '../../ts/journal/records.js'
import { replay } from '../../ts/journal/replay.js'
import { apply, heldChunks, misfit, stateOf } from '../../ts/journal/state.js'
import { chunkOf, frameSession, framesOf, keptSession, pointsOf, seriesSession } from './journals.js'

/** A chunk whose camera told when its frames were captured. */
const liveChunkOf = (index: number) => ({
  ...chunkOf(index).entry,
  times: { gaps: [{ frame: 0, lost: 3 }], ...(index % 2 && { offsetsUs: [0, 250_000.5] }) },
})
const spillOf = (index: number): SpillEntry => ({ ...framesOf(index).entry, sha256: 'ab'.repeat(32) })
const item = fc.nat(5)
const note: fc.Arbitrary<JournalNote> = fc.oneof(
  fc.record({ type: fc.constant('range' as const), lo: fc.nat(65535), hi: fc.nat(65535) }),
  fc.record({ type: fc.constant('tried' as const), item, attempt: fc.nat(9) }),
  fc.record({ type: fc.constant('stored' as const), item, proof: fc.constantFrom('md5', 'status') }),
  fc.record({
    type: fc.constant('given-up' as const),
    item,
    error: fc.record({ code: fc.string(), message: fc.string() }),
  }),
  fc.constantFrom({ type: 'finalize' as const }, { type: 'finalized' as const }),
)
const record: fc.Arbitrary<JournalRecord> = fc
  .oneof(
    { weight: 3, arbitrary: note },
    item.map((index) => ({ type: 'chunk' as const, chunk: chunkOf(index).entry, file: `${index}-0.shard` })),
    item.map((index) => ({ type: 'chunk' as const, chunk: liveChunkOf(index), file: `${index}-2.shard` })),
    item.map((index) => ({ type: 'spilled' as const, spill: spillOf(index), file: `${index}-1.frames` })),
    item.map((id) => ({ type: 'points' as const, entry: pointsOf(id) })),
  )
  .chain((made) => fc.nat().map((atMs) => ({ ...made, atMs }) as JournalRecord))
// As JSON has it: it knows no -0.
const origin = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json)
const session: fc.Arbitrary<Session> = fc.oneof(
  fc.constantFrom(frameSession(), keptSession(), seriesSession()),
  origin.map((origin) => ({ ...keptSession(), origin })),
  origin.map((origin) => ({ ...seriesSession(), origin })),
)

/** As `replay` is given records: a frame each. */
const inFrames = (records: readonly unknown[]) =>
  records.map((made, at) => ({ place: { offset: at, length: 1 }, records: [made] }))
const errorOf = (records: readonly unknown[]) => {
  try {
    replay('log', inFrames(records))
  } catch (error) {
    return isFramewireError(error) ? error.code : error
  }
}
const begun = { ...frameSession(), atMs: 1 }

describe('the records of a journal', () => {
  it('are all known in form', () => {
    fc.assert(fc.property(record, (made) => isRecord(JSON.parse(JSON.stringify(made)))))
    fc.assert(fc.property(session, (first) => isRecord(JSON.parse(JSON.stringify({ ...first, atMs: 1 })))))
  })

  it('make the same state when they are read as when they are written', () => {
    fc.assert(
      fc.property(session, fc.array(record, { maxLength: 40 }), (first, records) => {
        const state = stateOf(first)
        const kept = records.filter((made) => {
          if (misfit(state, made) !== undefined) return false
          apply(state, made)
          return true
        })
        const written = JSON.parse(JSON.stringify([{ ...first, atMs: 1 }, ...kept])) as unknown[]
        expect(replay('log', inFrames(written))).toEqual(state)
        expect(replay('log', [{ place: { offset: 0, length: 1 }, records: written }])).toEqual(state)
      }),
    )
  })

  it('say of each item what the last of its records says', () => {
    fc.assert(
      fc.property(session, fc.array(record, { maxLength: 40 }), (first, records) => {
        const state = stateOf(first)
        const model = new Map<number, { tries: number; stored: boolean; givenUp: boolean }>()
        const waiting = new Map<number, { entry: SpillEntry; file: string; spilledAtMs: number }>()
        const kinds = first.kind === 'frames' ? ['chunk', 'spilled'] : ['points']
        for (const made of records) {
          const known = 'item' in made && model.get(made.item)
          const fits = ['chunk', 'spilled', 'points'].includes(made.type)
            ? kinds.includes(made.type)
            : !('item' in made) || known
          expect(misfit(state, made) === undefined).toBe(Boolean(fits))
          if (!fits) continue
          apply(state, made)
          if (made.type === 'chunk') {
            model.set(made.chunk.index, { tries: 0, stored: false, givenUp: false })
            waiting.delete(made.chunk.index)
          }
          if (made.type === 'spilled') {
            const { spill: entry, file, atMs: spilledAtMs } = made
            waiting.set(entry.index, { entry, file, spilledAtMs })
          }
          if (made.type === 'points') model.set(made.entry.id, { tries: 0, stored: false, givenUp: false })
          if (!known) continue
          if (made.type === 'tried') known.tries = made.attempt
          if (made.type === 'stored') Object.assign(known, { stored: true, givenUp: false })
          if (made.type === 'given-up') known.givenUp = true
        }
        const items = first.kind === 'frames' ? state.chunks : state.points
        expect(
          new Map(
            [...items].map(([id, { tries, stored, givenUp }]) => [
              id,
              { tries, stored: stored !== undefined, givenUp: givenUp !== undefined },
            ]),
          ),
        ).toEqual(model)
        expect(state.spills).toEqual(waiting)
        expect(heldChunks(state).length).toBe(
          first.kind !== 'frames'
            ? 0
            : [...model.values()].filter(({ stored }) => !stored || first.keep).length,
        )
      }),
    )
  })

  it('are damage where they cannot be, and never another error', () => {
    const anything = fc.oneof(fc.jsonValue(), record, fc.tuple(record, fc.jsonValue(), fc.nat(7)).map(broken))
    fc.assert(
      fc.property(fc.boolean(), fc.array(anything, { maxLength: 8 }), (hasSession, records) =>
        ['journal/damaged', 'journal/version', undefined].includes(
          errorOf(hasSession ? [begun, ...records] : records) as string,
        ),
      ),
      { numRuns: 2000 },
    )
    const atMs = 1
    const chunk = { type: 'chunk', chunk: chunkOf(0).entry, file: '0-0.shard', atMs }
    const spilled = { type: 'spilled', spill: spillOf(0), file: '0-0.frames', atMs }
    for (const wrong of [
      { type: 'stored', item: 0, proof: 'md5', atMs },
      { type: 'unknown', atMs },
      { type: 'constructor', atMs },
      { type: 'finalize' },
      { ...chunk, file: '../../etc/passwd' },
      { ...chunk, file: 'log' },
      { ...chunk, file: '0-0.frames' },
      { ...chunk, chunk: { ...chunk.chunk, sha256: 'ab' } },
      { ...spilled, file: '0-0.shard' },
      { ...spilled, file: '../0-0.frames' },
      { ...spilled, file: '0-0.frames\n' },
      { ...spilled, spill: undefined },
      ...Object.keys(spilled.spill).map((name) => ({
        ...spilled,
        spill: { ...spilled.spill, [name]: undefined },
      })),
      { ...spilled, spill: { ...spilled.spill, channels: 2 } },
      { ...spilled, spill: { ...spilled.spill, frames: -1 } },
      { ...spilled, spill: { ...spilled.spill, sha256: 'ab' } },
      { type: 'points', entry: pointsOf(0), atMs },
      begun,
    ]) {
      expect([wrong, errorOf([begun, wrong])]).toEqual([wrong, 'journal/damaged'])
    }
    for (const right of [chunk, spilled]) expect(errorOf([begun, right])).toBeUndefined()
    for (const wrong of [{ keep: false }, { keep: 'yes' }, { dataId: 7 }, { chunkSize: 1.5 }])
      expect(errorOf([{ ...begun, ...wrong }])).toBe('journal/damaged')
    expect(errorOf([{ ...seriesSession(), atMs }, spilled])).toBe('journal/damaged')
  })

  it('begin with the session, in a version that is known', () => {
    expect(errorOf([])).toBe('journal/damaged')
    expect(errorOf([{ type: 'finalize', atMs: 1 }, begun])).toBe('journal/damaged')
    expect(errorOf([{ ...begun, fps: undefined }])).toBe('journal/damaged')
    for (const version of [0, 2, '1', undefined, null]) {
      // Of another version nothing else is known.
      expect(errorOf([{ type: 'session', version }])).toBe('journal/version')
    }
    expect(() => replay('/j/log', inFrames([{ ...begun, version: 9 }]))).toThrow(
      /version 9; this framewire knows 1/,
    )
  })
})

/** A record with one member replaced. */
function broken([made, value, at]: [JournalRecord, unknown, number]): unknown {
  const names = Object.keys(made)
  return { ...made, [names[at % names.length]!]: value }
}
