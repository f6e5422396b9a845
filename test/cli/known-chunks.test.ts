import { describe, expect, it } from 'vitest'
import { knownChunks } from '../../ts/cli/known-chunks.js'
import type { ChunkEntry, FrameSession, SeriesSession, SpillEntry } from '../../ts/journal/records.js'
import { apply, stateOf } from '../../ts/journal/state.js'

describe('the chunks of a journal', () => {
  it('are those that are packed, and those that are not yet', () => {
    const state = stateOf({ kind: 'frames' } as FrameSession)
    const chunk = (index: number) => ({ index, bytes: 100 }) as ChunkEntry
    const spill = (index: number) => ({ index, frames: 8, bytesPerFrame: 20 }) as SpillEntry
    expect(knownChunks(state)).toEqual({ all: [], notStored: [], bytes: 0 })
    for (const index of [2, 0, 10]) apply(state, { type: 'chunk', chunk: chunk(index), file: '', atMs: 0 })
    apply(state, { type: 'spilled', spill: spill(1), file: '', atMs: 0 })
    apply(state, { type: 'stored', item: 0, proof: 'md5', atMs: 0 })
    expect(knownChunks(state)).toEqual({ all: [0, 1, 2, 10], notStored: [1, 2, 10], bytes: 360 })
    apply(state, { type: 'chunk', chunk: chunk(1), file: '', atMs: 0 })
    expect(knownChunks(state)).toEqual({ all: [0, 1, 2, 10], notStored: [1, 2, 10], bytes: 300 })
  })

  it('are those of points, but for what was given up and came again, mended', () => {
    const state = stateOf({ kind: 'series' } as SeriesSession)
    const points = (id: number, index: number, ...names: string[]) => {
      const channels = names.map((name) => ({ name, points: 1, digest: id }))
      apply(state, { type: 'points', entry: { id, index, channels, path: '', body: '' }, atMs: 0 })
    }
    const givenUp = (item: number) =>
      apply(state, { type: 'given-up', item, error: { code: '', message: '' }, atMs: 0 })
    points(0, 0, 'a', 'b')
    givenUp(0)
    points(1, 1, 'a')
    expect(knownChunks(state)).toEqual({ all: [0, 1], notStored: [0, 1], bytes: 0 })
    points(2, 0, 'c')
    expect(knownChunks(state).notStored).toEqual([0, 1, 2])
    points(3, 0, 'b')
    apply(state, { type: 'stored', item: 1, proof: 'status', atMs: 0 })
    expect(knownChunks(state)).toEqual({ all: [1, 2, 3], notStored: [2, 3], bytes: 0 })
  })
})
