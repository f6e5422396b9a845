import { expect } from 'vitest'
import type { JournalPlace, StreamJournal } from '../../ts/journal/place.js'
import type { FrameSession } from '../../ts/journal/records.js'
import { verifyStore } from '../../ts/store/verify-store.js'
import { type Chunk, keptSession, shardOf } from './journals.js'

const wasmUrl = new URL('../../crates/core-wasm/pkg/core_wasm_bg.wasm', import.meta.url).href

/** The chunks of a stream that is kept; two of them are short. */
export const SHARDS = [4, 2, 4, 3].map((frames, index) => shardOf(index, frames))

/** A journal that can be kept: all of its chunks are stored. */
export async function whole(
  place: JournalPlace,
  session: FrameSession = keptSession(),
  shards: readonly Chunk[] = SHARDS,
): Promise<StreamJournal> {
  const journal = await place.create(session)
  for (const { entry, body } of shards) {
    await journal.put(entry, body())
    await journal.append({ type: 'stored', item: entry.index, proof: 'md5' })
  }
  return journal
}

/** Verify the store that a journal became, and that it has all frames; answers the report. */
export async function soundStore(path: string, shards: readonly { pixels: Uint8Array }[] = SHARDS) {
  const all = Buffer.concat(shards.map(({ pixels }) => pixels))
  const size = 10 * 20
  const frames = all.length / size
  const pixels = async (start: number, count: number) => all.subarray(start * size, (start + count) * size)
  const report = await verifyStore(path, { wasmUrl, against: { frames, pixels } })
  expect(report).toMatchObject({ problems: [], ok: true, equalFrames: frames })
  return report
}
