import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { Core } from '../core/core.js'
import { FramewireError } from '../errors.js'

/** What a shard is said to hold. */
export interface ShardClaim {
  frames: number
  height: number
  width: number
  /** Inner chunks that the store's grid has in a shard; at least `frames`. */
  chunkSize: number
}

/** What was found in a sound shard. */
export interface CheckedShard {
  /** XXH64 over the frames' XXH64 values (u64 little-endian, in frame order), hex. */
  xxh64: string
  /** Frames that the shard leaves out; they read as zeros. */
  leftOut: number[]
  /** For a shard of fewer frames than the grid's: the index to put in place of its own. */
  paddedIndex?: Uint8Array
}

/** Decodes shards and checks them against a claim. */
export interface Checker {
  /** Throws `shard/*` where the file is not what the claim says. */
  check(path: string, claim: ShardClaim): Promise<CheckedShard>
  close(): Promise<void>
}

/** Length of a shard's index, in bytes. */
export function indexBytes(frames: number): number {
  return 16 * frames + 4
}

/** The bytes of a shard. */
export interface ShardBytes {
  size: number
  /** Exactly these bytes, good until the next call; they lie within `size`. */
  read(offset: number, length: number): Uint8Array
}

/** Checks shard files; lives in the checking worker. */
export class ShardChecker {
  readonly #core: Core
  /** Compressed frames are read into this one, which grows as needed: fresh buffers cost more than decoding. */
  #buffer = new Uint8Array(0)

  constructor(core: Core) {
    this.#core = core
  }

  /** Decode every frame of a shard file, one at a time. Throws `shard/*`. */
  check(path: string, claim: ShardClaim): CheckedShard {
    const file = openSync(path, 'r')
    try {
      const { size } = fstatSync(file)
      return this.inspect({ size, read: (offset, length) => this.#read(file, offset, length) }, claim)
    } finally {
      closeSync(file)
    }
  }

  /** As `check`, of bytes that lie elsewhere. */
  inspect({ size, read }: ShardBytes, { frames, height, width, chunkSize }: ShardClaim): CheckedShard {
    const core = this.#core
    const tailBytes = Math.min(size, indexBytes(frames))
    const entries = core.readIndex(read(size - tailBytes, tailBytes), frames, size)
    const hashes = new DataView(new ArrayBuffer(8 * frames))
    const leftOut: number[] = []
    entries.forEach((entry, frame) => {
      if (entry && entry.length > mostBytes(height * width)) throw tooLong(frame)
      const hash = entry
        ? core.verify(read(entry.offset, entry.length), frame, height, width)
        : core.xxh64(new Uint8Array(height * width))
      if (!entry) leftOut.push(frame)
      hashes.setBigUint64(8 * frame, hash, true)
    })
    const xxh64 = core.xxh64(new Uint8Array(hashes.buffer)).toString(16).padStart(16, '0')
    if (frames === chunkSize) return { xxh64, leftOut }
    const padded = [...entries, ...Array.from({ length: chunkSize - frames }, () => null)]
    return { xxh64, leftOut, paddedIndex: core.writeIndex(padded) }
  }

  #read(file: number, offset: number, length: number): Uint8Array {
    if (this.#buffer.byteLength < length) this.#buffer = new Uint8Array(length)
    for (let done = 0; done < length; ) {
      const read = readSync(file, this.#buffer, done, length - done, offset + done)
      if (read === 0) {
        throw new FramewireError(
          'shard/truncated',
          'The shard became shorter while it was read. Send it again.',
          {
            bytes: offset + done,
            needed: offset + length,
          },
        )
      }
      done += read
    }
    return this.#buffer.subarray(0, length)
  }
}

/** No sound frame of so many pixels is longer; a longer one would only be an attempt on our memory. */
function mostBytes(pixels: number): number {
  return 2 * pixels + 2 ** 20
}

function tooLong(frame: number): FramewireError {
  return new FramewireError(
    'shard/frame',
    `Frame ${frame} of the shard is far longer than its pixels can need. Pack the frame again.`,
    { frame, reason: 'too long' },
  )
}
