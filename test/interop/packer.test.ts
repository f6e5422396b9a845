import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Zstd } from 'numcodecs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCore } from '../../ts/core/wasm.js'
import { growthMovie, randomBytes, withNoise } from './images.js'
import { describeWithPython, runPython } from './python.js'

/** One frame to pack, with its size. Sizes lie on both sides of the one from which the compressor tries two settings. */
interface Image {
  name: string
  pixels: Uint8Array<ArrayBuffer>
  height: number
  width: number
}

const movie = growthMovie()
const [, HEIGHT, WIDTH] = movie.shape
const clean = movie.data.subarray(0, HEIGHT * WIDTH)
/** Two values in runs of a few hundred: the compressor finds almost nothing but matches. */
const striped = Uint8Array.from({ length: HEIGHT * WIDTH }, (_, at) =>
  Math.floor(at / 300) % 2 === 0 ? 17 : 200,
)
/** Noise in the bands that the compressor tries, flat between them, and the other way round: its choice misleads it. */
const patchy = (noisyRows: (row: number) => boolean) =>
  withRows((row, pixels) => (noisyRows(row) ? randomBytes(pixels.length, row) : pixels.fill(60)))

const IMAGES: Image[] = [
  ...[
    ['clean', clean],
    ['noisy', withNoise(clean, 4, 1)],
    ['very noisy', withNoise(clean, 40, 2)],
    ['constant', new Uint8Array(clean.length).fill(77)],
    ['all zero', new Uint8Array(clean.length)],
    ['random', randomBytes(clean.length, 3)],
    ['striped', striped],
    ['noise above, flat below', patchy((row) => row < HEIGHT / 2)],
    ['noise in every other row', patchy((row) => row % 2 === 0)],
    ['one bright pixel', withPixel(clean.length)],
  ].map(([name, pixels]) => ({ name, pixels, height: HEIGHT, width: WIDTH }) as Image),
  // Block sizes of zstd (128 KiB) and their neighbours, and frames below any trial.
  ...[1, 2, 255, 256, 257, 4095, 65_791, 65_792, 131_071, 131_072, 131_073].flatMap((length) =>
    [
      [`random, ${length}`, randomBytes(length, length)],
      [`zeros, ${length}`, new Uint8Array(length)],
      [`two values, ${length}`, randomBytes(length, length).map((value) => value & 1)],
    ].map(([name, pixels]) => ({ name, pixels, height: 1, width: length }) as Image),
  ),
]

const wasm = new URL('../../crates/core-wasm/pkg/core_wasm_bg.wasm', import.meta.url)
const packed = new Map<string, Uint8Array<ArrayBuffer>>()

beforeAll(() => {
  const core = createCore(readFileSync(wasm))
  for (const { name, pixels, height, width } of IMAGES)
    packed.set(name, core.pack(pixels, 'u8', height, width).data)
})

describe('a packed frame', () => {
  it.each(IMAGES)('has its content size and a content checksum: $name', ({ name, pixels }) => {
    const data = packed.get(name)!
    expect(Array.from(data.subarray(0, 4))).toEqual([0x28, 0xb5, 0x2f, 0xfd])
    const descriptor = data[4]!
    expect(descriptor & 0b100, 'checksum flag').toBe(0b100)
    expect(contentSize(data), 'content size').toBe(pixels.length)
  })

  it.each(IMAGES)('is unpacked to its pixels by numcodecs in JavaScript: $name', async ({ name, pixels }) => {
    const unpacked = await Zstd.fromConfig({ id: 'zstd', level: 1 }).decode(packed.get(name)!)
    expect(Buffer.compare(unpacked, pixels)).toBe(0)
  })

  it('is no larger than its pixels by more than the headers, whatever they are', () => {
    for (const { name, pixels } of IMAGES)
      expect(packed.get(name)!.length).toBeLessThan(pixels.length * 1.001 + 32)
  })
})

describeWithPython('a packed frame, unpacked by numcodecs in Python', () => {
  const folder = mkdtempSync(join(tmpdir(), 'framewire-packed-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('has the pixels that it was made from, at every setting of the compressor', async () => {
    const tasks = IMAGES.map(({ name, pixels }, at) => task(at, packed.get(name)!, pixels))
    const verdicts = await runPython<unknown[]>('unpack.py', tasks)
    expect(IMAGES.map(({ name }, at) => [name, verdicts[at]])).toEqual(IMAGES.map(({ name }) => [name, true]))
  })

  it('is refused when a bit of its checksum is flipped: the checksum is really looked at', async () => {
    const tasks = IMAGES.map(({ name, pixels }, at) => {
      const damaged = packed.get(name)!.slice()
      damaged[damaged.length - 1]! ^= 1
      return task(at, damaged, pixels)
    })
    for (const verdict of await runPython<unknown[]>('unpack.py', tasks)) expect(verdict).toMatch(/checksum/i)
  })

  function task(at: number, data: Uint8Array, expected: Uint8Array) {
    const paths = { file: join(folder, `${at}.zst`), expected: join(folder, `${at}.raw`) }
    writeFileSync(paths.file, data)
    writeFileSync(paths.expected, expected)
    return paths
  }
})

/** The frame content size in a zstd header (RFC 8878, 3.1.1.1.4); `undefined` where there is none. */
function contentSize(data: Uint8Array): number | undefined {
  const descriptor = data[4]!
  const singleSegment = (descriptor & 0b10_0000) !== 0
  const flag = descriptor >> 6
  const at = 5 + (singleSegment ? 0 : 1) + [0, 1, 2, 4][descriptor & 0b11]!
  const view = new DataView(data.buffer, data.byteOffset + at)
  if (flag === 0) return singleSegment ? view.getUint8(0) : undefined
  if (flag === 1) return view.getUint16(0, true) + 256
  if (flag === 2) return view.getUint32(0, true)
  return Number(view.getBigUint64(0, true))
}

function withRows(
  row: (row: number, pixels: Uint8Array<ArrayBuffer>) => Uint8Array,
): Uint8Array<ArrayBuffer> {
  const pixels = new Uint8Array(HEIGHT * WIDTH)
  for (let y = 0; y < HEIGHT; y++) pixels.set(row(y, new Uint8Array(WIDTH)), y * WIDTH)
  return pixels
}

function withPixel(length: number): Uint8Array<ArrayBuffer> {
  const pixels = new Uint8Array(length)
  pixels[length >> 1] = 255
  return pixels
}
