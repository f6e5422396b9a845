import { hasCode } from '../errors.js'
import type { StreamJournal } from '../journal/place.js'
import type { PointsEntry } from '../journal/records.js'
import type { PointsItem } from '../journal/state.js'
import { SERIES_PATHS, seriesChunkBody, seriesMultiBody } from '../upload/series-requests.js'
import type { ClockOffset } from '../upload/server-clock.js'
import type { MemoryBudget } from './budget.js'
import { reused } from './series-errors.js'
import type { CheckedPoints } from './series-points.js'
import {
  journaledPoints,
  type SeriesChunkReceipt,
  type SeriesChunkState,
  type SeriesReceipt,
  seriesReceipt,
} from './series-receipt.js'
import type { KeptRequest } from './series-uploads.js'
import { named } from './stream-errors.js'

/** What `push` gives back. It may be left unawaited; a failure is on the receipt too. */
export interface SeriesHandle {
  readonly index: number
  /** Kept by the journal: on disk where the streamer has a journal there, else in memory. */
  readonly journaled: Promise<void>
  /** The service has acknowledged the chunk. */
  readonly stored: Promise<void>
}

/** The stages behind a scalar stream. */
export interface SeriesStreamParts {
  journal: StreamJournal
  /** Whether the journal outlives the process. */
  durable: boolean
  budget: MemoryBudget
  /** Have points stored that the journal holds; rejects when they are given up. */
  store(request: KeptRequest): Promise<unknown>
  /** The service's clock, once it is measured. */
  clock(): ClockOffset | undefined
  /** Told of every change of a chunk. */
  onChange(chunk: SeriesChunkReceipt): void
  wall(): number
}

/** How a chunk is pushed. */
export interface SeriesPushedAs {
  /** Of several channels, in one request. */
  multi: boolean
  /** What the budget holds for it. */
  bytes: number
  /**
   * Its producer waits for memory: then it holds memory until it is stored, and not only until a journal on disk has it,
   * so that the journal does not grow to what the producer has.
   */
  waits: boolean
}

/** A chunk on its way. */
interface Chunk {
  receipt: SeriesChunkReceipt
  journaled: Promise<void>
  stored: Promise<void>
}

interface Channel {
  units?: string
  /** By index. */
  readonly chunks: Map<number, { chunk: Chunk; points: number; digest: number }>
}

/** Upper estimate of what a pending chunk takes: two numbers of a point as text, and the rest of the body. */
const POINT_BYTES = 48
const CHUNK_BYTES = 512

/** One scalar stream: its chunks from `push` to stored, and what became of each. */
export class SeriesStream {
  readonly dataId: string
  readonly #parts: SeriesStreamParts
  readonly #channels = new Map<string, Channel>()
  readonly #chunks: SeriesChunkReceipt[] = []
  #nextId = 0
  finalized = false

  constructor(dataId: string, parts: SeriesStreamParts) {
    this.dataId = dataId
    this.#parts = parts
  }

  /** Bytes that a chunk of these channels takes of the memory budget until it is journaled or stored. */
  static bytes(channels: ReadonlyMap<string, CheckedPoints>): number {
    let points = 0
    for (const { values } of channels.values()) points += values.length
    return CHUNK_BYTES + POINT_BYTES * points
  }

  /**
   * Take a chunk whose bytes the budget holds. Channels that hold the same points at this index already are left out.
   * Throws `stream/chunk-reused`, with nothing taken and the bytes given back.
   */
  push(index: number, channels: ReadonlyMap<string, CheckedPoints>, as: SeriesPushedAs): SeriesHandle {
    const { budget } = this.#parts
    const chunks: Chunk[] = []
    const fresh = new Map<string, CheckedPoints>()
    for (const [name, points] of channels) {
      const known = this.#channels.get(name)?.chunks.get(index)
      // What failed may be pushed again, mended.
      if (!known || known.chunk.receipt.state === 'failed') fresh.set(name, points)
      else if (known.digest === points.digest) chunks.push(known.chunk)
      else {
        budget.release(as.bytes)
        throw reused(this.dataId, name, index)
      }
    }
    if (fresh.size > 0) chunks.push(this.#take(index, fresh, as))
    else budget.release(as.bytes)
    return {
      index,
      journaled: allOf(chunks.map(({ journaled }) => journaled)),
      stored: allOf(chunks.map(({ stored }) => stored)),
    }
  }

  /**
   * Take up what a journal says of this stream: points that are not stored are sent again, as they were. Answers those
   * that are on their way.
   */
  restore(items: Iterable<PointsItem>): Promise<void>[] {
    const known = [...items]
    const latest = new Map<string, number>()
    for (const { entry } of known) {
      for (const { name } of entry.channels) latest.set(`${entry.index} ${name}`, entry.id)
    }
    const journaled = Promise.resolve()
    const sent: Promise<void>[] = []
    for (const item of known) {
      const { id, index, path, channels } = item.entry
      const receipt = journaledPoints(item)
      this.#nextId = id + 1
      let stored = journaled
      // What was given up and pushed again, mended, must not take the place of what came in its stead.
      const isMended = channels.some(({ name }) => latest.get(`${index} ${name}`) !== id)
      if (!item.stored && isMended) {
        Object.assign(receipt, { state: 'failed', error: item.givenUp })
      } else if (!item.stored) {
        stored = this.#send({ id, index, lanes: receipt.channels, path, receipt }, journaled)
        sent.push(stored)
      }
      this.#add({ receipt, journaled, stored }, channels)
    }
    return sent
  }

  /** Resolves when every chunk taken so far is stored or has failed. */
  async settled(): Promise<void> {
    const chunks = [...this.#channels.values()].flatMap((channel) => [...channel.chunks.values()])
    await Promise.allSettled(chunks.map(({ chunk }) => chunk.stored))
  }

  /** What became of everything so far. */
  receipt(): SeriesReceipt {
    const current = new Set<SeriesChunkReceipt>()
    const channels = [...this.#channels].map(([name, { units, chunks }]) => {
      let total = 0
      for (const { chunk, points } of chunks.values()) {
        current.add(chunk.receipt)
        total += points
      }
      return { name, units, points: total, indexes: chunks.keys() }
    })
    // A chunk that failed and was pushed again is told once.
    const chunks = this.#chunks.filter((chunk) => current.has(chunk))
    return seriesReceipt(this.dataId, this.finalized, channels, chunks)
  }

  #take(
    index: number,
    channels: ReadonlyMap<string, CheckedPoints>,
    { multi, bytes, waits }: SeriesPushedAs,
  ): Chunk {
    const { budget, durable } = this.#parts
    const entry = this.#entry(index, channels, multi)
    const { id, path } = entry
    const points = entry.channels.reduce((total, { points }) => total + points, 0)
    const receipt: SeriesChunkReceipt = {
      index,
      channels: [...channels.keys()],
      points,
      state: 'queued',
      tries: 0,
    }
    const journaled = this.#keep(receipt, entry)
    const stored = this.#send({ id, index, lanes: receipt.channels, path, receipt }, journaled)
    const release = () => budget.release(bytes)
    const held = durable && !waits ? journaled : stored
    held.then(release, release)
    const chunk = { receipt, journaled, stored }
    this.#add(chunk, entry.channels)
    return chunk
  }

  #add(chunk: Chunk, channels: PointsEntry['channels']): void {
    const { receipt } = chunk
    for (const { name, points, units, digest } of channels) {
      const channel: Channel = this.#channels.get(name) ?? { chunks: new Map() }
      this.#channels.set(name, channel)
      if (units !== undefined) channel.units = units
      channel.chunks.set(receipt.index, { chunk, points, digest })
    }
    this.#chunks.push(receipt)
    this.#parts.onChange(receipt)
  }

  /** What the journal keeps of a chunk: the request itself, so that every try, also of another process, says the same. */
  #entry(index: number, channels: ReadonlyMap<string, CheckedPoints>, multi: boolean): PointsEntry {
    const corrected = [...channels].map(([name, points]) => [name, this.#corrected(points)] as const)
    return {
      id: this.#nextId++,
      index,
      channels: [...channels].map(([name, { values, units, digest }]) => ({
        name,
        points: values.length,
        units,
        digest,
      })),
      path: multi ? SERIES_PATHS.multi : SERIES_PATHS.chunk,
      body: multi
        ? seriesMultiBody(this.dataId, index, new Map(corrected))
        : seriesChunkBody(this.dataId, index, ...corrected[0]!),
    }
  }

  /** The points by the service's clock. */
  #corrected(points: CheckedPoints): CheckedPoints {
    const offset = this.#parts.clock()
    if (!offset) return points
    return { ...points, timestamps: points.timestamps.map((seconds) => seconds + offset.offsetMs / 1000) }
  }

  async #keep(receipt: SeriesChunkReceipt, entry: PointsEntry): Promise<void> {
    const { journal, wall } = this.#parts
    try {
      await journal.append({ type: 'points', entry })
    } catch (error) {
      this.#failed(receipt, error)
      throw error
    }
    receipt.journaledAtMs = wall()
    this.#reached(receipt, 'journaled')
  }

  /** Have points stored once they are journaled. What the service does not take stays in a journal that is durable. */
  #send(request: KeptRequest, journaled: Promise<void>): Promise<void> {
    const stored = this.#store(request, journaled)
    stored.catch(ignore)
    return stored
  }

  async #store(request: KeptRequest, journaled: Promise<void>): Promise<void> {
    const { journal, durable, store, wall } = this.#parts
    const { id: item, receipt } = request
    await journaled
    try {
      await store(request)
    } catch (error) {
      if (hasCode(error, 'upload/undrained')) {
        // Stopped, not given up: a journal on disk has it, and it can go on from there.
        if (!durable) this.#failed(receipt, error)
        throw error
      }
      await journal.append({ type: 'given-up', item, error: named(error) }).catch(ignore)
      this.#failed(receipt, error)
      throw error
    }
    // A journal that cannot take the note has the points sent once more when it is resumed: a repetition.
    await journal.append({ type: 'stored', item, proof: 'status' }).catch(ignore)
    receipt.storedAtMs = wall()
    this.#reached(receipt, 'stored')
  }

  #failed(receipt: SeriesChunkReceipt, error: unknown): void {
    receipt.error = named(error)
    this.#reached(receipt, 'failed')
  }

  #reached(receipt: SeriesChunkReceipt, state: SeriesChunkState): void {
    receipt.state = state
    this.#parts.onChange(receipt)
  }
}

/** Waits for all; nobody needs to wait for it. */
function allOf(promises: readonly Promise<void>[]): Promise<void> {
  if (promises.length === 1) return promises[0]!
  const all = Promise.all(promises).then(ignore)
  all.catch(ignore)
  return all
}

function ignore(): void {}
