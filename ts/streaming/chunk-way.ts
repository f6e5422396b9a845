import type { Conversion } from '../core/core.js'
import { type FramewireError, hasCode } from '../errors.js'
import type { FrameRun } from '../frames/stack.js'
import type { StreamJournal } from '../journal/place.js'
import type { SealingLine } from '../sealing/line.js'
import type { Sealed } from '../sealing/sealer.js'
import type { MemoryBudget } from './budget.js'
import type { Step } from './chunk-handle.js'
import type { PixelRange } from './pixel-range.js'
import type { ChunkReceipt, ChunkState } from './receipt.js'
import { spilledBytes, spilledTraits, unspilled } from './spill.js'
import { named } from './stream-errors.js'

/** The stages that a chunk goes through. */
export interface WayParts {
  line: SealingLine
  journal: StreamJournal
  /** Whether the journal outlives the process. */
  durable: boolean
  /** Frames until they are packaged, and chunks until they are stored or journaled. */
  budget: MemoryBudget
  /** Frames until they are spilled. */
  spills: MemoryBudget
  /** Upload a chunk that the journal holds, until it is stored or given up. */
  store(chunk: ChunkReceipt, request: string): Promise<{ proof: 'md5' | 'status' }>
  /** Told of every change of a chunk. */
  onChange(chunk: ChunkReceipt): void
  wall(): number
}

/** Frames that can be packed, and how. Who waits for it holds their bytes of the budget from then on. */
export type Ready = Promise<[FrameRun, Conversion]>

/** What a chunk is on its way with. */
export interface Carried {
  receipt: ChunkReceipt
  /** What the service is told when the upload URL is asked for. */
  request: string
  reach(step: Step): void
  /** It holds memory until it is stored, and not only until a journal on disk has it. */
  waits: boolean
}

/** What of the budget is held for a chunk, in bytes. */
interface Held {
  bytes: number
}

/** The way of a stream's chunks through the stages, from frames to stored. */
export class ChunkWay {
  readonly #parts: WayParts
  readonly #range: PixelRange
  /** Ends the waiting of frames that were spilled. */
  readonly #left = new AbortController()

  constructor(parts: WayParts, range: PixelRange) {
    this.#parts = parts
    this.#range = range
  }

  /** Frames that are here, or on their way here. */
  pack(carried: Carried, ready: Ready): Promise<void> {
    const { index, rawBytes } = carried.receipt
    const seal = async () => this.#parts.line.seal(index, ...(await ready))
    return this.#carry(carried, seal, { bytes: rawBytes })
  }

  /** Frames that are packed elsewhere, and sealed by `seal`. */
  live(carried: Carried, seal: () => Promise<Sealed>, heldBytes: number): Promise<void> {
    return this.#carry(carried, seal, { bytes: heldBytes })
  }

  /** Frames that find no room in memory: to the journal as they came, and from there when there is room. */
  async spill(carried: Carried, ready: Ready): Promise<void> {
    const { journal, spills, wall } = this.#parts
    const { receipt, request, reach } = carried
    const { index, rawBytes, captureStartMs, captureEndMs } = receipt
    try {
      const [run] = await ready
      const entry = { index, ...spilledTraits(run), captureStartMs, captureEndMs, request }
      await journal.spill(entry, spilledBytes(run))
    } catch (error) {
      this.#failed(receipt, error)
      throw error
    } finally {
      spills.release(rawBytes)
    }
    receipt.spilledAtMs = wall()
    this.#reached(receipt, 'spilled')
    reach('journaled')
    await this.unspill(carried)
  }

  /** Frames that were spilled. */
  unspill(carried: Carried): Promise<void> {
    const { receipt } = carried
    const seal = async (held: Held) => {
      const ready = await this.#unspilled(receipt)
      // They hold memory from when they are back.
      held.bytes = receipt.rawBytes
      return this.#parts.line.seal(receipt.index, ...ready)
    }
    return this.#carry(carried, seal, { bytes: 0 })
  }

  /** A chunk that the journal has. One that the service does not take stays in a journal that is durable. */
  async store(receipt: ChunkReceipt, request: string): Promise<void> {
    const { journal, store, wall } = this.#parts
    const { index } = receipt
    try {
      const { proof } = await store(receipt, request)
      // A journal that cannot take the note has the chunk proved, or sent, once more when it is resumed.
      await journal.append({ type: 'stored', item: index, proof }).catch(() => undefined)
      Object.assign(receipt, { proof, storedAtMs: wall() })
      this.#reached(receipt, 'stored')
    } catch (error) {
      // Stopped, not given up: the journal has it, and it can go on from there.
      if (hasCode(error, 'upload/undrained')) throw error
      await journal.append({ type: 'given-up', item: index, error: named(error) }).catch(() => undefined)
      this.#failed(receipt, error)
      throw error
    }
  }

  /** Frames that were spilled wait no longer to be packed: they are in the journal. */
  leave(reason: FramewireError<'upload/undrained'>): void {
    this.#left.abort(reason)
  }

  async #carry(
    { receipt, request, reach, waits }: Carried,
    seal: (held: Held) => Promise<Sealed>,
    held: Held,
  ): Promise<void> {
    const { journal, durable, budget, wall } = this.#parts
    const hold = (bytes: number) => {
      budget.exchange(held.bytes, bytes)
      held.bytes = bytes
    }
    try {
      const { body, ...sealed } = await seal(held)
      hold(sealed.bytes)
      const { bytes, md5, sha256, xxh64, clamped } = sealed
      const packagedAtMs = wall()
      Object.assign(receipt, { bytes, md5, sha256, xxh64, clampedPixels: clamped, packagedAtMs })
      this.#reached(receipt, 'packaged')
      reach('packaged')

      const { rawBytes, captureStartMs, captureEndMs, times } = receipt
      const captured = { captureStartMs, captureEndMs, ...(times && { times }) }
      await journal.put({ ...sealed, rawBytes, ...captured, packagedAtMs, request }, body)
      if (durable && !waits) hold(0)
      receipt.journaledAtMs = wall()
      this.#reached(receipt, 'journaled')
      reach('journaled')
      await this.store(receipt, request)
      reach('stored')
    } catch (error) {
      // What the journal has is not lost by being left there.
      const isLeft = durable && (receipt.state === 'journaled' || hasCode(error, 'upload/undrained'))
      if (!isLeft) this.#failed(receipt, error)
      throw error
    } finally {
      budget.release(held.bytes)
    }
  }

  /** Frames that were spilled, back in memory as soon as it has room for them. */
  async #unspilled({ index, rawBytes }: ChunkReceipt): Ready {
    const { journal, budget } = this.#parts
    const { signal } = this.#left
    await budget.waitAndHold(rawBytes, signal).catch(() => signal.throwIfAborted())
    try {
      const run = unspilled(journal.state.spills.get(index)!.entry, await journal.spilled(index))
      return [run, await this.#range.conversion(run, Promise.resolve(run))]
    } catch (error) {
      budget.release(rawBytes)
      throw error
    }
  }

  #failed(receipt: ChunkReceipt, error: unknown): void {
    if (receipt.state === 'failed') return
    receipt.error = named(error)
    this.#reached(receipt, 'failed')
  }

  #reached(receipt: ChunkReceipt, state: ChunkState): void {
    receipt.state = state
    this.#parts.onChange({ ...receipt })
  }
}
