import type { Destination, DownloadShape, PlacedFrame } from './destination.js'
import { Inventory, type Run } from './inventory.js'
import { Measure } from './measured.js'
import type { ResumeRecord } from './resume-record.js'
import { type Witness, witness } from './witness.js'

/** How often what came is put on disk for good, in ms. */
const EVERY_MS = 2000

/** A file that frames go into. */
export interface FrameFile extends Destination {
  /** Put what was taken where a power cut leaves it. */
  sync(): Promise<void>
}

/** A file, and beside it the record from which a download that breaks off goes on: what that names is on disk. */
export class Checkpoint implements Destination {
  readonly #record: ResumeRecord
  readonly #file: FrameFile
  /** Frames that are in the file, as the recording counts them. */
  readonly #there: Inventory
  readonly #measure: Measure
  readonly #checkRoom: (shape: DownloadShape) => Promise<void>
  #witness: Witness | undefined
  #shape: DownloadShape | undefined
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined

  /** Of a download of the frames of `run`. `checkRoom`: rejects where the disk has none for all of them. */
  constructor(
    record: ResumeRecord,
    file: FrameFile,
    run: Run,
    checkRoom: (shape: DownloadShape) => Promise<void>,
  ) {
    this.#checkRoom = checkRoom
    this.#record = record
    this.#file = file
    this.#there = new Inventory(run, record.before?.whole)
    this.#measure = new Measure(record.before?.values)
    this.#witness = record.before?.witness
  }

  async begin(shape: DownloadShape): Promise<void> {
    this.#record.check(shape)
    await this.#checkRoom(shape)
    // The record comes first: a file with none beside it is not gone on with.
    await this.#record.begin({ shape, ...this.#state })
    this.#shape = shape
    await this.#file.begin(shape)
    this.#timer = setInterval(() => this.#keepInStep(shape), EVERY_MS)
    this.#timer.unref()
  }

  async place(frame: number, placed: PlacedFrame): Promise<void> {
    await this.#file.place(frame, placed)
    if (!placed.measured) return
    this.#there.setWhole(this.#there.from + frame)
    this.#witness ??= witness(this.#there.from + frame, placed.header)
    this.#measure.add(placed.measured)
  }

  leaveOut(frame: number): Promise<void> {
    return this.#file.leaveOut(frame)
  }

  /** The record is written for the last time, on a full disk, too; it goes where every frame is there. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#writing
    const isWhole = this.#there.missing === 0
    try {
      if (this.#shape) await (isWhole ? this.#file.sync() : this.#synced(this.#shape, 'end'))
    } finally {
      await this.#file.close()
    }
    if (isWhole) await this.#record.remove()
  }

  /** What fails here is left for the next time, and for the end. */
  #keepInStep(shape: DownloadShape): void {
    this.#writing ??= this.#synced(shape, 'write')
      .catch(() => {})
      .finally(() => {
        this.#writing = undefined
      })
  }

  async #synced(shape: DownloadShape, writing: 'write' | 'end'): Promise<void> {
    const state = this.#state
    await this.#file.sync()
    await this.#record[writing]({ shape, ...state })
  }

  get #state() {
    return { whole: this.#there.wholeRuns(), values: this.#measure.values, witness: this.#witness }
  }
}
