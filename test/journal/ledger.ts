import { isDeepStrictEqual } from 'node:util'
import { FramewireError, hasCode } from '../../ts/errors.js'
import type { JournalPlace, StreamJournal } from '../../ts/journal/place.js'
import type { ItemState } from '../../ts/journal/state.js'
import { bytesOf } from './journals.js'

/** What a journal did not keep, or kept and should not have. */
export class LawBroken extends Error {}

/** One thing of a stream as it was confirmed, and as it is asked to become, while that is not answered. */
interface Entry {
  kept: unknown
  asked: unknown[]
}

/** What was confirmed to the user of journals, and so must be there after a crash. */
export class Ledger {
  readonly #streams = new Map<string, Map<string, Entry>>()

  /** Ask for a change of one thing: when `work` is done it must be `next`, and where it is refused, as it was. */
  async change<T>(dataId: string, thing: string, next: unknown, work: () => Promise<T>): Promise<T> {
    const entry = this.#entry(dataId, thing)
    entry.asked.push(next)
    try {
      const result = await work()
      entry.kept = next
      entry.asked = []
      return result
    } catch (error) {
      // What is refused is not there. Two things may be either: a stream that could not be begun or removed, and what
      // was in a write that could not be taken back.
      const refused = error instanceof FramewireError && !hasCode(error, 'journal/broken')
      if (refused && thing !== 'stream') entry.asked = []
      throw error
    }
  }

  /** What is confirmed of a thing. */
  kept(dataId: string, thing: string): unknown {
    return this.#entry(dataId, thing).kept
  }

  /**
   * Open every journal, and compare. What is found is seen, and must be there from now on. Answers the journals that
   * are there, open.
   */
  async check(place: JournalPlace): Promise<StreamJournal[]> {
    const journals: StreamJournal[] = []
    for (const [dataId, entries] of this.#streams) {
      const journal = await opened(place, dataId)
      const found = journal ? await thingsOf(journal) : new Map<string, unknown>()
      if (journal) journals.push(journal)
      found.set('stream', journal !== undefined)
      for (const thing of new Set([...entries.keys(), ...found.keys()])) {
        const entry = this.#entry(dataId, thing)
        const now = found.get(thing)
        if (!journal && thing !== 'stream') continue
        const may = [entry.kept, ...entry.asked]
        if (!may.some((one) => isDeepStrictEqual(one, now))) {
          throw new LawBroken(`${dataId}, ${thing}: ${show(now)}, and ${show(entry.kept)} was confirmed`)
        }
        // A removal that nobody confirmed may come to nothing, and whole.
        entry.asked = journal ? [] : may
        entry.kept = now
      }
      const faults = journal ? await place.verify(dataId) : []
      if (faults.length > 0) throw new LawBroken(`${dataId}: ${faults[0]!.error.message}`)
    }
    return journals
  }

  #entry(dataId: string, thing: string): Entry {
    const entries = this.#streams.get(dataId) ?? new Map<string, Entry>()
    this.#streams.set(dataId, entries)
    const entry = entries.get(thing) ?? { kept: thing === 'stream' ? false : undefined, asked: [] }
    entries.set(thing, entry)
    return entry
  }
}

async function opened(place: JournalPlace, dataId: string): Promise<StreamJournal | undefined> {
  try {
    return await place.open(dataId)
  } catch (error) {
    if (hasCode(error, 'journal/missing') || hasCode(error, 'journal/unbegun')) return undefined
    throw new LawBroken(`${dataId}: ${(error as Error).message}`)
  }
}

/** All things of a journal, as `change` is told of them. */
async function thingsOf(journal: StreamJournal): Promise<Map<string, unknown>> {
  const { state } = journal
  const things = new Map<string, unknown>([
    ['range', state.range],
    ['finalize', state.finalizeAskedAtMs === undefined ? undefined : true],
    ['finalized', state.finalizedAtMs === undefined ? undefined : true],
  ])
  for (const [index, item] of state.chunks) {
    const bytes = item.stored ? undefined : await bytesOf(await journal.body(index)).catch(String)
    things.set(`chunk ${index}`, thingOf(item, bytes))
  }
  for (const [id, item] of state.points) {
    const request = item.stored ? undefined : await journal.request(id).catch(String)
    things.set(`points ${id}`, thingOf(item, request))
  }
  return things
}

/** A chunk or points as the ledger has them. */
export function thingOf({ tries, stored, givenUp }: Partial<ItemState<unknown>>, content: unknown): object {
  return {
    content: stored ? undefined : content,
    tries,
    stored: stored !== undefined,
    givenUp: givenUp?.code,
  }
}

function show(thing: unknown): string {
  return (
    JSON.stringify(thing, (_, value) => (value instanceof Uint8Array ? `${value.length} bytes` : value)) ??
    'nothing'
  )
}
