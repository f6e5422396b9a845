import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { hasCode, isFramewireError } from '../../../ts/errors.js'
import { ShardChecker, type ShardClaim } from '../../../ts/store/checker.js'
import { core, goldenShard, makeShard, pattern } from './shards.js'

const claim: ShardClaim = { frames: 3, height: 8, width: 12, chunkSize: 3 }
const shard = makeShard(pattern(3, 8, 12, 0), 3, 8, 12)
const checker = new ShardChecker(core)

const folder = mkdtempSync(join(tmpdir(), 'framewire-checker-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function check(bytes: Uint8Array, of: ShardClaim = claim) {
  const path = join(folder, 'shard')
  writeFileSync(path, bytes)
  return checker.check(path, of)
}

/** XXH64 over the frames' own XXH64, by the core's hash of the pixels alone. */
function expectedHash(pixels: Uint8Array, size: number): string {
  const hashes = new BigUint64Array(pixels.length / size)
  hashes.forEach((_, frame) => {
    hashes[frame] = core.xxh64(pixels.subarray(frame * size, (frame + 1) * size))
  })
  return core.xxh64(new Uint8Array(hashes.buffer)).toString(16).padStart(16, '0')
}

describe('the checker of shards', () => {
  it('takes a sound shard, and hashes its pixels', () => {
    const found = check(shard)
    expect(found).toEqual({ xxh64: expectedHash(pattern(3, 8, 12, 0), 96), leftOut: [] })
  })

  it('takes the shards of the other client, which carry no checksum and may be out of frame order', () => {
    for (const [name, frames, k] of [
      ['put-0011.bin', 8, 0],
      ['put-0013.bin', 8, 1],
      ['put-0014.bin', 3, 2],
    ] as const) {
      const of = { frames, height: 32, width: 48, chunkSize: 8 }
      const found = check(goldenShard('rheed-all-options', name), of)
      expect(found.xxh64).toBe(expectedHash(pattern(frames, 32, 48, k), 32 * 48))
    }
  })

  it('names the frames that the other client left out, and takes them for zeros', () => {
    const found = check(goldenShard('rheed-stationary-defaults', 'put-0006.bin'), {
      frames: 4,
      height: 32,
      width: 48,
      chunkSize: 4,
    })
    const pixels = pattern(4, 32, 48, 0).fill(0, 32 * 48, 2 * 32 * 48)
    expect(found).toEqual({ leftOut: [1], xxh64: expectedHash(pixels, 32 * 48) })
  })

  it('makes the index that a larger grid asks for: absent pairs, and a CRC over all', () => {
    const { paddedIndex } = check(shard, { ...claim, chunkSize: 5 })
    const own = Buffer.from(shard).subarray(-(3 * 16 + 4), -4)
    expect(Buffer.from(paddedIndex!).subarray(0, 3 * 16)).toEqual(own)
    expect(Buffer.from(paddedIndex!).subarray(3 * 16, 5 * 16)).toEqual(Buffer.alloc(2 * 16, 0xff))
    expect(Buffer.from(paddedIndex!).readUInt32LE(5 * 16)).toBe(crc32c(paddedIndex!.subarray(0, 5 * 16)))
  })

  it('finds one flipped bit anywhere, but where zstd unpacks the very same pixels all the same', () => {
    const pairs = new BigUint64Array(shard.slice(-(3 * 16 + 4), -4).buffer)
    const starts = [0, 2, 4].map((at) => Number(pairs[at]))
    const sound = check(shard)
    for (let bit = 0; bit < shard.length * 8; bit++) {
      const damaged = shard.slice()
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      // The frame header has a bit that means nothing, and two ways to say how large the frame is.
      const inHeader = starts.some((start) => bit >> 3 >= start + 4 && bit >> 3 <= start + 5)
      try {
        expect(check(damaged), `bit ${bit}`).toEqual(sound)
        expect(inHeader, `bit ${bit}`).toBe(true)
      } catch (error) {
        expect((error as { code?: string }).code, `bit ${bit}: ${error}`).toMatch(/^shard\//)
      }
    }
  })

  it('finds a shard that is cut anywhere', () => {
    for (let length = 0; length < shard.length; length++) {
      expect(() => check(shard.subarray(0, length)), `length ${length}`).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^shard\//) }),
      )
    }
  })

  it.each([
    ['more frames', { frames: 4, chunkSize: 4 }],
    ['fewer frames', { frames: 2, chunkSize: 2 }],
    ['a frame of another shape and size', { height: 8, width: 13 }],
    ['huge frames', { height: 16384, width: 16384 }],
    ['as many frames as there may be', { frames: 2 ** 20, chunkSize: 2 ** 20 }],
  ])('finds dims that lie: %s', (_, lie) => {
    expect(() => check(shard, { ...claim, ...lie })).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^shard\//) }),
    )
  })

  it('names the frame that is damaged', () => {
    const damaged = shard.slice()
    const [second] = new BigUint64Array(shard.slice(-(3 * 16 + 4), -4).buffer).subarray(2)
    damaged[Number(second) + 10]! ^= 0x40
    try {
      check(damaged)
      expect.unreachable()
    } catch (error) {
      expect(hasCode(error, 'shard/frame') && error.details.frame).toBe(1)
    }
  })

  it('answers any bytes with a verdict', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        (bytes, frames, sealed) => {
          // A sound CRC over any pairs gets further in.
          const pairs = bytes.slice(0, 16 * frames)
          const crc = Buffer.alloc(4)
          crc.writeUInt32LE(crc32c(pairs))
          const given = sealed ? Buffer.concat([bytes, pairs, crc]) : bytes
          try {
            check(given, { frames, height: 2, width: 3, chunkSize: 4 })
          } catch (error) {
            expect(isFramewireError(error) && error.code).toMatch(/^shard\//)
          }
        },
      ),
    )
  })
})

/** CRC-32C (Castagnoli) by its definition, bit by bit. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}
