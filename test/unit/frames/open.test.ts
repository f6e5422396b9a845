import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blobSource } from '../../../ts/frames/blob.js'
import { chunksOf } from '../../../ts/frames/chunks.js'
import { fileSource, openPath } from '../../../ts/frames/file-node.js'
import { openRecording } from '../../../ts/frames/open.js'
import { expectCode, expectMovie, fixture, fixtureBytes, memory, value, valuesOf } from './recordings.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framewire-open-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** The movie of u16be.npy without its header. */
const bare = async () => (await fixtureBytes('u16be.npy')).slice(128)

describe('opening a recording', () => {
  it.each([
    ['u16be.npy', 'uint16', 5, 7, 9],
    ['deflated.npz', 'uint16', 5, 7, 9],
    ['big-be.tif', 'uint16', 3, 37, 53],
    ['gray8.png', 'uint8', 1, 37, 53],
  ] as const)(
    '%s is known by its bytes, under any name, on disk and as a File',
    async (name, dtype, frames, height, width) => {
      await expectMovie(await openPath(fixture(name)), dtype, frames, height, width)
      const file = new File([await fixtureBytes(name)], 'recording.dat')
      await expectMovie(await openRecording(blobSource(file)), dtype, frames, height, width)
    },
  )

  it('refuses what is not there, empty, unknown, or not what its name says', async () => {
    const missing = join(folder, 'missing.npy')
    const error = await expectCode('frames/file-missing', () => openPath(missing), /no such file/)
    expect(error.details).toEqual({ path: missing })
    expect(error.cause).toMatchObject({ code: 'ENOENT' })
    await expectCode('frames/file-unsupported', () => openPath('/dev/null'), /neither a file nor a folder/)
    const open = (name: string, text: string) => openRecording(memory(new TextEncoder().encode(text), name))
    await expectCode('frames/file-format', () => open('a.npy', ''), /empty/)
    await expectCode('frames/file-format', () => open('a.npy', 'x,y\n1,2\n'), /not what its name says/)
    await expectCode('frames/file-unsupported', () => open('a.csv', 'x,y\n1,2\n'), /--shape/)
  })

  it('leaves no file open where it fails', async () => {
    const path = join(folder, 'bad.npy')
    await writeFile(path, 'nonsense')
    const { readdir } = await import('node:fs/promises')
    const handles = async () => (await readdir('/proc/self/fd').catch(() => [])).length
    const before = await handles()
    for (let i = 0; i < 20; i++) await expectCode('frames/file-format', () => openPath(path))
    expect(await handles()).toBeLessThan(before + 20)
  })

  it('notices a file that became shorter while it is read', async () => {
    const path = join(folder, 'shrinks.npy')
    await writeFile(path, await fixtureBytes('u8.npy'))
    const source = await openPath(path)
    await truncate(path, 200)
    await expectCode('frames/file-truncated', () => source.read(0, 5), /200/)
    await source.close()
  })

  it('reads bytes fresh and aligned, and never past the end', async () => {
    for (const source of [
      await fileSource(fixture('u8.npy')),
      blobSource(new Blob([await fixtureBytes('u8.npy')])),
    ]) {
      const [a, b] = [await source.read(1, 5), await source.read(1, 5)]
      expect([...a]).toEqual([...Buffer.from('NUMPY')])
      expect([a.byteOffset, a.buffer === b.buffer]).toEqual([0, false])
      expect(await source.read(source.size, 0)).toHaveLength(0)
      await expectCode('frames/file-truncated', () => source.read(source.size - 1, 2))
      await source.close()
    }
  })
})

describe('bare pixels', () => {
  const raw = (bytes: Uint8Array<ArrayBuffer>, shape: number[], dtype: string, offset?: number) =>
    openRecording(memory(bytes, 'movie.raw'), { raw: { shape, dtype, offset } })

  it('are read from one frame’s shape, or the whole', async () => {
    await expectMovie(await raw(await bare(), [7, 9], '>u2'), 'uint16', 5, 7, 9)
    await expectMovie(await raw(await bare(), [5, 7, 9], '>u2'), 'uint16', 5, 7, 9)
    await expectMovie(await raw(await fixtureBytes('u16be.npy'), [7, 9], '>u2', 128), 'uint16', 5, 7, 9)
    await expectMovie(await raw((await fixtureBytes('u8.npy')).slice(128), [7, 9], 'uint8'), 'uint8', 5, 7, 9)
    await expectMovie(
      await raw((await fixtureBytes('u16le.npy')).slice(128), [7, 9], 'uint16'),
      'uint16',
      5,
      7,
      9,
    )
    await expectMovie(
      await raw((await fixtureBytes('rgb.npy')).slice(128), [2, 7, 9, 3], '|u1'),
      'uint8',
      2,
      7,
      9,
      3,
    )
  })

  it('are refused where they do not come out even, or the description is wrong', async () => {
    const bytes = await bare()
    await expectCode(
      'frames/file-format',
      () => raw(bytes, [7, 8], '>u2'),
      /5 whole frames of \(7, 8\).* 70 bytes over/,
    )
    await expectCode('frames/file-format', () => raw(bytes, [4, 7, 9], '>u2'), /126 bytes after/)
    await expectCode('frames/file-truncated', () => raw(bytes, [6, 7, 9], '>u2'))
    await expectCode('frames/file-truncated', () => raw(bytes, [700, 9], '>u2'))
    await expectCode('frames/file-truncated', () => raw(bytes, [7, 9], '>u2', 600))
    await expectCode('frames/dtype', () => raw(bytes, [7, 9], '<f4'), /float|<f4/)
    await expectCode('frames/dtype', () => raw(bytes, [7, 9], 'short'))
    await expectCode('frames/rank', () => raw(bytes, [63], '>u2'))
    await expectCode('frames/empty', () => raw(bytes, [0, 9], '>u2'))
    for (const offset of [-1, 0.5, Number.NaN]) {
      await expectCode('frames/layout', () => raw(bytes, [7, 9], '>u2', offset), /offset/)
    }
  })
})

describe('50 GB', () => {
  /** A sparse file of this many bytes, with some written. */
  async function sparse(
    name: string,
    size: number,
    parts: [offset: number, bytes: Uint8Array][],
  ): Promise<string> {
    const path = join(folder, name)
    const handle = await open(path, 'w')
    await handle.truncate(size)
    for (const [offset, bytes] of parts) await handle.write(bytes, 0, bytes.length, offset)
    await handle.close()
    return path
  }
  const [frames, height, width] = [34_723, 1038, 1388]
  const frameBytes = height * width
  const header = (order: 'True' | 'False', shape: string) => {
    const text = `{'descr': '|u1', 'fortran_order': ${order}, 'shape': ${shape}, }`.padEnd(117)
    return Buffer.from(`\x93NUMPY\x01\0\x76\0${text}\n`, 'latin1')
  }

  it('of .npy are opened and read at the end, a chunk of memory at a time', async () => {
    const size = 128 + frames * frameBytes
    expect(size).toBeGreaterThan(50e9)
    const path = await sparse('movie.npy', size, [
      [0, header('False', `(${frames}, ${height}, ${width})`)],
      [128 + (frames - 1) * frameBytes, Uint8Array.of(1, 2, 3)],
      [size - 2, Uint8Array.of(8, 9)],
    ])
    const before = process.memoryUsage().arrayBuffers
    const source = await openPath(path)
    expect(source.frames).toBe(frames)
    const { data, shape } = await source.read(frames - 3, 3)
    expect(shape).toEqual([3, height, width])
    expect([...data.subarray(2 * frameBytes, 2 * frameBytes + 4)]).toEqual([1, 2, 3, 0])
    expect([...data.subarray(-3)]).toEqual([0, 8, 9])
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20e6)
    // All of it at once does not fit into an array, and says so.
    await expectCode('frames/file-too-large', () => source.read(0, frames), /too many for one read/)
    await source.close()
  })

  it('in Fortran order, gathered in windows', async () => {
    const [n, h, w] = [500_000_000, 10, 10]
    const path = await sparse('fortran.npy', 128 + n * h * w, [
      [0, header('True', `(${n}, ${h}, ${w})`)],
      // Pixel (y, x) of the last two frames.
      [128 + n - 2, Uint8Array.of(5, 6)],
      [128 + n * (3 + h * 4) + n - 2, Uint8Array.of(7, 8)],
    ])
    const source = await openPath(path)
    const values = valuesOf(await source.read(n - 2, 2))
    const expected = new Array(200).fill(0)
    expected[0] = 5
    expected[100] = 6
    expected[34] = 7
    expected[134] = 8
    expect(values).toEqual(expected)
    await source.close()
  })

  it('of bare pixels, a byte too long', async () => {
    const path = await sparse('movie.raw', 50_000 * 1_000_000 + 1, [])
    await expectCode(
      'frames/file-format',
      () => openPath(path, { raw: { shape: [1000, 1000], dtype: 'u1' } }),
      /50000 whole frames of \(1000, 1000\) u1 and 1 bytes over/,
    )
  })
})

describe('chunks of a recording', () => {
  it('hold every frame once, the last may be short', async () => {
    for (const [chunkSize, sizes] of [
      [1, [1, 1, 1, 1, 1]],
      [2, [2, 2, 1]],
      [5, [5]],
      [6, [5]],
    ] as const) {
      const chunks: number[][] = []
      const lengths: number[] = []
      const source = await openPath(fixture('u8-fortran.npy'))
      for await (const chunk of chunksOf(source, chunkSize)) {
        lengths.push(chunk.shape[0]!)
        chunks.push(valuesOf(chunk))
      }
      await source.close()
      expect(lengths).toEqual(sizes)
      const expected = Array.from({ length: 5 * 63 }, (_, i) =>
        value('uint8', Math.floor(i / 63), Math.floor((i % 63) / 9), i % 9),
      )
      expect(chunks.flat()).toEqual(expected)
    }
  })

  it('need a size', async () => {
    const source = await openPath(fixture('u8.npy'))
    for (const size of [0, -1, 1.5, Number.NaN]) {
      await expectCode('stream/option', () => chunksOf(source, size).next())
    }
    await source.close()
  })
})
