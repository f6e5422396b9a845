import { z } from 'zod'
import { type Disk, folderOf, isMissing, writeFile } from '../../disk/disk.js'
import { FramewireError } from '../../errors.js'
import type { DownloadShape } from './destination.js'
import type { Run } from './inventory.js'
import type { MeasuredValues } from './measured.js'
import type { Recording } from './recording.js'
import type { Witness } from './witness.js'

/** Which frames of which recording a download is of. */
export interface DownloadIdentity {
  serialNumber: string
  sequence: number
  /** Of the recording. */
  firstFrameId: number
  moiFrameId: number
  recordedFrames: number
  run: Run
  /** Whether values are physical. */
  convert: boolean
}

/** How far a download is. */
export interface DownloadState {
  shape: DownloadShape
  /** Frames that are there, and on disk. */
  whole: readonly Run[]
  /** What their values come to. */
  values?: MeasuredValues | undefined
  /** One of them. */
  witness?: Witness | undefined
}

/** Room for a record that is kept free of frames: for thousands of runs of them. */
const SPARE_BYTES = 2 ** 18

const whole = z.int().min(0)
const uint32 = whole.max(2 ** 32 - 1)
const run = z.tuple([whole, whole])

const schema = z.strictObject({
  framewire: z.literal('download'),
  version: z.literal(1),
  serialNumber: z.string(),
  sequence: whole,
  firstFrameId: whole,
  moiFrameId: whole,
  recordedFrames: whole,
  run,
  convert: z.boolean(),
  shape: z.strictObject({ frames: whole, height: whole, width: whole, dtype: z.enum(['uint16', 'float32']) }),
  whole: z.array(run),
  values: z.strictObject({ frames: whole, min: z.number(), max: z.number(), mean: z.number() }).optional(),
  witness: z.strictObject({ frame: whole, seconds: uint32, subSecond: uint32 }).optional(),
})

/** What a download of these frames of this camera is known by. */
export function downloadIdentity(
  serialNumber: string,
  { index, sequence, run }: Recording,
  convert: boolean,
): DownloadIdentity {
  const { firstFrameId, moiFrameId, frames } = sequence
  return { serialNumber, sequence: index, firstFrameId, moiFrameId, recordedFrames: frames, run, convert }
}

/** The record beside a file (or folder) that is being downloaded into, so that another download can go on with it. */
export class ResumeRecord {
  readonly #disk: Disk
  readonly #path: string
  readonly #identity: DownloadIdentity
  /** How far the download was that is gone on with; undefined where it begins. */
  readonly before: DownloadState | undefined

  /**
   * The record of the file at `path`, which must be new, or with `resume` one that a download broke off in. Rejects with
   * `telops/resume` where that was one of another recording, of other frames of it, or none; `telops/write`.
   */
  static async open(
    disk: Disk,
    path: string,
    identity: DownloadIdentity,
    resume = false,
  ): Promise<ResumeRecord> {
    const state = resume ? await read(disk, `${path}.download`) : undefined
    const isThere = await exists(disk, path)
    if (!state && isThere) throw resume ? notBegunFault(path) : existsFault(path)
    if (!state) return new ResumeRecord(disk, path, identity, undefined)
    const differing = (Object.keys(identity) as (keyof DownloadIdentity)[]).filter(
      (key) => String(identity[key]) !== String(state[key]),
    )
    if (differing.length > 0) {
      throw otherFault(
        path,
        differing.map((key) => `${key} ${state[key]} (asked for: ${identity[key]})`).join(', '),
      )
    }
    const { shape, whole, values, witness } = state
    // The file itself may have been moved away since, or been lost in a power cut.
    const before = isThere ? { shape, whole, values, witness } : { shape, whole: [] }
    return new ResumeRecord(disk, path, identity, before)
  }

  private constructor(
    disk: Disk,
    path: string,
    identity: DownloadIdentity,
    before: DownloadState | undefined,
  ) {
    this.#disk = disk
    this.#path = path
    this.#identity = identity
    this.before = before
  }

  /** Throws `telops/resume` where frames now are of another kind than those that are there. */
  check(shape: DownloadShape): void {
    const was = this.before?.shape
    if (!was) return
    const differing = (Object.keys(shape) as (keyof DownloadShape)[]).filter((key) => shape[key] !== was[key])
    if (differing.length === 0) return
    throw otherFault(
      this.#path,
      differing.map((key) => `${key} ${was[key]} (of the camera: ${shape[key]})`).join(', '),
    )
  }

  /** Throws `telops/resume` where the frame was not taken when that of the record was; undefined: it does not come. */
  checkWitness(now: Witness | undefined): void {
    const was = this.before?.witness
    if (!was || (now && was.seconds === now.seconds && was.subSecond === now.subSecond)) return
    const told = ({ seconds, subSecond }: Witness) => new Date(seconds * 1000 + subSecond / 1e4).toISOString()
    throw otherFault(
      this.#path,
      `frame ${was.frame} was taken at ${told(was)}, that of the camera ${now ? `at ${told(now)}` : 'does not come'}`,
    )
  }

  /** The first one of a download. Room is set aside beside it, so that there is some for the last one on a full disk. */
  async begin(state: DownloadState): Promise<void> {
    await this.write(state)
    await this.#disk.remove(this.#spare)
    await writeFile(this.#disk, this.#spare, new Uint8Array(SPARE_BYTES), { sync: false })
  }

  /** The last one of a download that is not whole. */
  async end(state: DownloadState): Promise<void> {
    await this.#disk.remove(this.#spare)
    await this.write(state)
  }

  /** Put it on disk in place of the one before: all of it, or nothing. The frames that it names must be on disk. */
  async write(state: DownloadState): Promise<void> {
    const record = `${this.#path}.download`
    const draft = `${record}.new`
    const text = JSON.stringify({ framewire: 'download', version: 1, ...this.#identity, ...state })
    await this.#disk.remove(draft)
    await writeFile(this.#disk, draft, new TextEncoder().encode(text))
    await this.#disk.rename(draft, record)
    await this.#disk.syncFolder(folderOf(record))
  }

  /** The download is whole, and on disk but for its name: that is put there first. */
  async remove(): Promise<void> {
    await this.#disk.remove(this.#spare)
    await this.#disk.syncFolder(folderOf(this.#path))
    await this.#disk.remove(`${this.#path}.download.new`)
    await this.#disk.remove(`${this.#path}.download`)
  }

  get #spare(): string {
    return `${this.#path}.download.spare`
  }
}

/** What a record says; undefined where there is none, or none that is whole. */
async function read(disk: Disk, path: string): Promise<(DownloadIdentity & DownloadState) | undefined> {
  try {
    const text = new TextDecoder().decode(await disk.read(path))
    return schema.safeParse(JSON.parse(text)).data
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Whether there is a file or folder. */
async function exists(disk: Disk, path: string): Promise<boolean> {
  try {
    const file = await disk.open(path)
    await file.close()
    return true
  } catch (error) {
    return !isMissing(error)
  }
}

function existsFault(path: string) {
  return new FramewireError(
    'telops/resume',
    `${path} exists already. Give another file, or resume: true to go on with a download that broke off.`,
    { path, reason: 'it exists already' },
  )
}

function notBegunFault(path: string) {
  return new FramewireError(
    'telops/resume',
    `${path} exists, and no record of a download that broke off lies beside it: it is whole, or something else. Give another file.`,
    { path, reason: 'no record lies beside it' },
  )
}

function otherFault(path: string, reason: string) {
  return new FramewireError(
    'telops/resume',
    `${path} was begun with another download: ${reason}. Ask for that one, or give another file.`,
    { path, reason },
  )
}
