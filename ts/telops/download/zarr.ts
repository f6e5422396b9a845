import type { Core, IndexEntry } from '../../core/core.js'
import { loadCore } from '../../core/load.js'
import type { Threads } from '../../core/thread.js'
import { type Disk, type DiskFile, folderOf, makeDurableFolder, writeFile } from '../../disk/disk.js'
import { capturedDocument, measuredTimes } from '../../store/frame-arrays.js'
import { arrayDocument, groupDocument, shardCodecs, ZARR_JSON } from '../../store/zarr.js'
import type { PixelUnit } from '../frame.js'
import type { DownloadShape } from './destination.js'
import { Measure, type MeasuredValues, measured } from './measured.js'
import type { DownloadedFrame } from './ordered-frames.js'
import { PackedFrames } from './packed-frames.js'

/** A shard is of about so many bytes of pixels, and at most so many frames. */
const SHARD_BYTES = 32 * 2 ** 20
const MOST_SHARD_FRAMES = 8192
/** Frames that are being packed, at most. */
const MOST_PACKING = 16
/** Arrays of the group. */
const FRAMES = 'frames'
const TIMES = 'captured_unix_ms'

/** A shard that is being written. */
interface OpenShard {
  number: number
  file: DiskFile
  /** It gets its name when it is done. */
  part: string
  bytes: number
  index: IndexEntry[]
  unixMs: number[]
  /** Of its frames that are whole. */
  measure: Measure
}

/** A shard that is on disk. */
export interface SealedShard {
  /** Frames up to its last one. */
  frames: number
  /** Every frame of it came, whole. */
  isWhole: boolean
  /** Of its frames that are whole. */
  values: MeasuredValues | undefined
}

/** Is told of each shard as it is on disk. */
type OnSealed = (shard: SealedShard) => Promise<void>

/**
 * Frames of a download in a group of Zarr v3: `frames`, one zstd frame an image, many images a shard, and
 * `captured_unix_ms`, when each was taken. A shard is there as it was finished or not at all, whenever the power fails.
 * Frames that never came are the fill value: NaN of physical values, 0 of counts. Attributes say what the values are, and of
 * the group what the frames are of; `incompleteFrames`, counted from 0, is there when the download is over.
 */
export class ZarrGroup {
  readonly #disk: Disk
  readonly #path: string
  readonly #core: Core
  readonly #packing: PackedFrames
  #shape: DownloadShape | undefined
  #shard: OpenShard | undefined

  /** In the folder `path`. Rejects with `core/load`. */
  static async open(disk: Disk, path: string, threads: Threads): Promise<ZarrGroup> {
    return new ZarrGroup(disk, path, await loadCore(threads.wasmUrl), await PackedFrames.start(threads))
  }

  private constructor(disk: Disk, path: string, core: Core, packing: PackedFrames) {
    this.#disk = disk
    this.#path = path
    this.#core = core
    this.#packing = packing
  }

  /** Lay out a group of this shape and with these attributes; frames that are there already stay. */
  async begin(shape: DownloadShape, unit: PixelUnit, attributes: object): Promise<void> {
    this.#shape = shape
    const chunkSize = shardFrames(shape)
    await this.describe(attributes)
    await this.#document(`/${FRAMES}`, framesDocument(shape, chunkSize, unit))
    await this.#document(`/${TIMES}`, capturedDocument(shape.frames, { chunkSize }))
  }

  /** Give the group these attributes. */
  describe(attributes: object): Promise<void> {
    return this.#document('', groupDocument(attributes))
  }

  /**
   * Take frames in, in order, until there is none; `before`: how many are there before them, whole shards of them.
   */
  async take(download: AsyncIterable<DownloadedFrame>, before: number, onSealed: OnSealed): Promise<void> {
    const packing: { frame: DownloadedFrame; packed: Promise<Uint8Array> }[] = []
    const appendFirst = async () => {
      const { frame, packed } = packing.shift()!
      await this.#append(before + frame.index, frame, await packed, onSealed)
    }
    for await (const frame of download) {
      const packed = this.#packing.pack(frame.index, frame.data, frame.shape)
      packed.catch(() => {}) // told when its turn comes
      packing.push({ frame, packed })
      if (packing.length >= MOST_PACKING) await appendFirst()
    }
    while (packing.length > 0) await appendFirst()
    await this.#seal(onSealed)
  }

  /** End what is under way. */
  async close(): Promise<void> {
    await this.#packing.close()
    await this.#shard?.file.close()
  }

  async #document(folder: string, document: string): Promise<void> {
    const path = `${this.#path}${folder}`
    await makeDurableFolder(this.#disk, path, folder === '' ? undefined : this.#path)
    await this.#disk.remove(`${path}/${ZARR_JSON}`)
    await writeFile(this.#disk, `${path}/${ZARR_JSON}`, new TextEncoder().encode(document))
    await this.#disk.syncFolder(path)
  }

  async #append(
    frame: number,
    { header, data, complete }: DownloadedFrame,
    packed: Uint8Array,
    onSealed: OnSealed,
  ): Promise<void> {
    const size = shardFrames(this.#shape!)
    const number = Math.floor(frame / size)
    if (this.#shard?.number !== number) await this.#seal(onSealed)
    this.#shard ??= await this.#openShard(number, size)
    const shard = this.#shard
    await shard.file.write(packed, shard.bytes)
    shard.index[frame % size] = { offset: shard.bytes, length: packed.length }
    shard.unixMs[frame % size] = header.takenAt
    shard.bytes += packed.length
    if (complete) shard.measure.add(measured(data))
  }

  async #openShard(number: number, size: number): Promise<OpenShard> {
    const folder = `${this.#path}/${FRAMES}/c/${number}/0`
    await makeDurableFolder(this.#disk, folder, this.#path)
    const part = `${folder}/.part`
    await this.#disk.remove(part)
    const index: IndexEntry[] = new Array(size).fill(null)
    return {
      number,
      file: await this.#disk.create(part),
      part,
      bytes: 0,
      index,
      unixMs: [],
      measure: new Measure(),
    }
  }

  async #seal(onSealed: OnSealed): Promise<void> {
    const shard = this.#shard
    if (!shard) return
    const { number, file, part, index, bytes, unixMs, measure } = shard
    await file.write(this.#core.writeIndex(index), bytes)
    await file.sync()
    await file.close()
    this.#shard = undefined
    await this.#disk.rename(part, `${folderOf(part)}/0`)
    await this.#disk.syncFolder(folderOf(part))
    const times = `${this.#path}/${TIMES}/c`
    await makeDurableFolder(this.#disk, times, this.#path)
    await this.#disk.remove(`${times}/${number}`)
    await writeFile(this.#disk, `${times}/${number}`, measuredTimes({ chunkSize: index.length }, unixMs))
    await this.#disk.syncFolder(times)
    const first = number * index.length
    const frames = Math.min(this.#shape!.frames, first + index.length)
    const { values } = measure
    await onSealed({ frames, isWhole: values?.frames === frames - first, values })
  }
}

function shardFrames({ height, width, dtype }: DownloadShape): number {
  const bytes = height * width * (dtype === 'uint16' ? 2 : 4)
  return Math.min(MOST_SHARD_FRAMES, Math.max(1, Math.floor(SHARD_BYTES / bytes)))
}

function framesDocument(
  { frames, height, width, dtype }: DownloadShape,
  chunkSize: number,
  units: PixelUnit,
): string {
  return arrayDocument({
    shape: [frames, height, width],
    chunkShape: [chunkSize, height, width],
    dataType: dtype,
    fillValue: dtype === 'uint16' ? 0 : 'NaN',
    dimensionNames: ['frame', 'y', 'x'],
    codecs: shardCodecs(height, width),
    attributes: { units },
  })
}
