import { describe, expect, it } from 'vitest'
import { type Script, type ScriptItem, scriptOf } from '../../simulation/script.js'
import { simulate } from '../../simulation/world.js'

const GOOD = 60

/** Chunks of which the first `bad` fail for ever (500), all there at once, at a service that takes so long to answer. */
function blocked(bad: number, latencyMs: number, maxUploads: number): Script {
  const items = Array.from({ length: bad + GOOD }, (_, id): ScriptItem => {
    return { id, index: id, lanes: [], at: 0, fate: id < bad ? 'failing' : 'sound' }
  })
  return {
    ...scriptOf(0),
    kind: 'frames',
    service: 'plain',
    maxUploads,
    items,
    calmAt: 0,
    faultRate: 0,
    latencyMs: [latencyMs, latencyMs],
    outages: [],
    urlLifeMs: 1e9,
    key: { refusals: [], asked: false, failRate: 0 },
    drains: [],
    listenerThrows: false,
    finalize: { at: 0, timeoutMs: Infinity },
    cancelAt: undefined,
  }
}

describe('chunks that always fail', () => {
  it.each([
    [3, 1, 500],
    [8, 1, 10],
    [8, 1, 100],
    [8, 1, 500],
    [20, 1, 10],
    [20, 1, 100],
    [20, 8, 10],
    [20, 8, 100],
    [50, 8, 10],
    [50, 8, 100],
  ])(
    'let later ones pass: %d of low index, %d at a time, %d ms there and back each',
    async (bad, maxUploads, ms) => {
      const { trace, broken } = await simulate(blocked(bad, ms, maxUploads))
      expect(broken).toBeUndefined()
      const stored = trace.filter(({ what }) => what === 'told stored')
      expect(stored.map(({ chunk }) => chunk!).sort((a, b) => a - b)).toEqual(
        Array.from({ length: GOOD }, (_, index) => bad + index),
      )
      // A URL and a put for each, there and back; three times that, and half a minute, are for those that fail.
      const alone = (GOOD / maxUploads) * 4 * ms
      expect(stored.at(-1)!.at).toBeLessThanOrEqual(3 * alone + 30_000)
      // And they are tried again all the same, to the end.
      for (let chunk = 0; chunk < bad; chunk++) {
        const tries = trace.filter((note) => note.chunk === chunk && note.what === 'sent url')
        expect(tries.length).toBeGreaterThan(2)
      }
    },
  )
})
