import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Disk } from '../../ts/disk/disk.js'
import { FramewireError, hasCode } from '../../ts/errors.js'
import type { JournalPlace, StreamJournal } from '../../ts/journal/place.js'
import { type ItemState, keeps } from '../../ts/journal/state.js'
import { bytesOf } from './journals.js'
import { keptShards } from './kept-store.js'

/** What a journal did not keep, or kept and should not have. */
export class LawBroken extends Error {}

/** One thing of a stream as it was confirmed, and as it is asked to become, while that is not answered. */
interface Entry {
  kept: unknown
  asked: unknown[]
}

/** A chunk or points, as the ledger has them. `content`: what the journal must give back. */
interface Thing {
  content: unknown
  tries: number | undefined
  stored: boolean
  givenUp: string | undefined
}

/** What there is of a stream: a journal, what was kept of it, or nothing. */
type Found = { journal: StreamJournal } | { kept: string } | undefined

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
      // What is refused is not there. Two things may be either: a stream that could not be begun, kept or removed, and
      // what was in a write that could not be taken back.
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
  async check(place: JournalPlace, disk: Disk): Promise<StreamJournal[]> {
    const journals: StreamJournal[] = []
    for (const [dataId, entries] of this.#streams) {
      const there = await foundIn(place, dataId)
      const journal = there && 'journal' in there ? there.journal : undefined
      const found = journal ? await this.#thingsOf(journal) : new Map<string, unknown>()
      if (journal) journals.push(journal)
      found.set('stream', there && 'kept' in there ? 'kept' : there !== undefined)
      for (const thing of new Set([...entries.keys(), ...found.keys()])) {
        const entry = this.#entry(dataId, thing)
        const now = found.get(thing)
        if (!journal && thing !== 'stream') continue
        const may = [entry.kept, ...entry.asked]
        if (!may.some((one) => isDeepStrictEqual(one, now))) {
          throw new LawBroken(`${dataId}, ${thing}: ${show(now)}, and ${show(entry.kept)} was confirmed`)
        }
        // A removal or a keep that nobody confirmed may come to nothing, and whole.
        entry.asked = journal ? entry.asked.filter((one) => one === 'kept') : may
        entry.kept = now
      }
      if (there && 'kept' in there) await this.#checkStore(dataId, disk, there.kept)
      const faults = journal ? await place.verify(dataId) : []
      if (faults.length > 0) throw new LawBroken(`${dataId}: ${faults[0]!.error.message}`)
    }
    return journals
  }

  /** All things of a journal, as `change` is told of them. */
  async #thingsOf(journal: StreamJournal): Promise<Map<string, unknown>> {
    const { state } = journal
    const { dataId } = state.session
    const things = new Map<string, unknown>([
      ['range', state.range],
      ['finalize', state.finalizeAskedAtMs === undefined ? undefined : true],
      ['finalized', state.finalizedAtMs === undefined ? undefined : true],
    ])
    for (const [index, item] of state.chunks) {
      const thing = `chunk ${index}`
      const content = async () => bytesOf(await journal.body(index))
      things.set(
        thing,
        thingOf(
          item,
          item.stored && !keeps(state) ? undefined : await content().catch(this.#orMoved(dataId, thing)),
        ),
      )
    }
    for (const index of state.spills.keys())
      things.set(`frames ${index}`, await journal.spilled(index).then((bytes) => bytesOf([bytes]), String))
    for (const [id, item] of state.points)
      things.set(
        `points ${id}`,
        thingOf(item, item.stored ? undefined : await journal.request(id).catch(String)),
      )
    return things
  }

  /** The bytes that a keep was asked to move out of a journal cannot be read there: the store must have them at last. */
  #orMoved(dataId: string, thing: string): (error: unknown) => unknown {
    return (error) =>
      this.#entry(dataId, 'stream').asked.includes('kept') && hasCode(error, 'journal/vanished')
        ? (this.kept(dataId, thing) as Thing).content
        : String(error)
  }

  /** Whether the store that a journal became has the bytes of all its chunks, and is sound by its own law. */
  async #checkStore(dataId: string, disk: Disk, folder: string): Promise<void> {
    const held = await keptShards(disk, folder).catch((error: Error) => {
      throw new LawBroken(`${dataId}: ${error.message}`, { cause: error })
    })
    const confirmed = [...this.#streams.get(dataId)!].flatMap(([thing, { kept }]): [number, string][] => {
      const [kind, index] = thing.split(' ')
      if (kind !== 'chunk' || kept === undefined) return []
      const { content } = kept as Thing
      return [
        [
          Number(index),
          createHash('sha256')
            .update(content as Uint8Array)
            .digest('hex'),
        ],
      ]
    })
    if (!isDeepStrictEqual(held, new Map(confirmed)))
      throw new LawBroken(`${dataId}: the store holds ${[...held.keys()]}, and ${confirmed} was confirmed`)
  }

  #entry(dataId: string, thing: string): Entry {
    const entries = this.#streams.get(dataId) ?? new Map<string, Entry>()
    this.#streams.set(dataId, entries)
    const entry = entries.get(thing) ?? { kept: thing === 'stream' ? false : undefined, asked: [] }
    entries.set(thing, entry)
    return entry
  }
}

async function foundIn(place: JournalPlace, dataId: string): Promise<Found> {
  try {
    return { journal: await place.open(dataId) }
  } catch (error) {
    if (hasCode(error, 'journal/missing') || hasCode(error, 'journal/unbegun')) return undefined
    if (hasCode(error, 'journal/kept')) return { kept: error.details.path }
    throw new LawBroken(`${dataId}: ${(error as Error).message}`)
  }
}

/** A chunk or points as the ledger has them. */
export function thingOf({ tries, stored, givenUp }: Partial<ItemState<unknown>>, content: unknown): Thing {
  return { content, tries, stored: stored !== undefined, givenUp: givenUp?.code }
}

function show(thing: unknown): string {
  return (
    JSON.stringify(thing, (_, value) => (value instanceof Uint8Array ? `${value.length} bytes` : value)) ??
    'nothing'
  )
}
