import {
  appendFileSync,
  closeSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Disk, writeFile } from '../../ts/disk/disk.js'
import { hasCode } from '../../ts/errors.js'
import { logFrame } from '../../ts/journal/log-frame.js'
import { ForgetfulDisk } from '../disk/forgetful-disk.js'
import { random } from '../interop/images.js'
import { faultyDisk } from './faulty-disk.js'
import {
  bytesOf,
  chunkOf,
  code,
  filesOf,
  frameSession,
  framesOf,
  journaled,
  LONG,
  PLACE,
  placeIn,
  placeOn,
  pointsOf,
  put,
  scaled,
  seriesSession,
} from './journals.js'

const READERS = ['open', 'look', 'verify'] as const

describe('a journal in a folder', () => {
  it('is a log and a file for each chunk that is not stored, for its owner alone', async () => {
    const { path, journal, folder, log } = await journaled([0, 1, 2])
    expect(filesOf(folder)).toEqual(['0-0.shard', '1-1.shard', '2-2.shard', 'log'])
    await journal.append({ type: 'stored', item: 1, proof: 'md5' })
    expect(filesOf(folder)).toEqual(['0-0.shard', '2-2.shard', 'log'])
    expect(new Uint8Array(readFileSync(`${folder}/2-2.shard`))).toEqual(chunkOf(2).bytes)
    expect(readFileSync(log, 'utf8').split('\n').length).toBe(6)
    for (const file of [log, `${folder}/0-0.shard`]) expect(statSync(file).mode & 0o777).toBe(0o600)
    for (const made of [folder, path, `${path}/..`]) expect(statSync(made).mode & 0o777).toBe(0o700)
    await journal.remove()
    expect(readdirSync(path)).toEqual([])
  })

  it('writes down what comes at once under one sync', async () => {
    const disk = new ForgetfulDisk()
    const journal = await placeOn(disk).create(seriesSession())
    const before = disk.syncs.length
    await Promise.all(
      Array.from({ length: 1000 }, (_, id) => journal.append({ type: 'points', entry: pointsOf(id) })),
    )
    expect(disk.syncs.length - before).toBe(1)
    // While that is written, the others wait, and go out with the next.
    const first = journal.append({ type: 'points', entry: pointsOf(1000) })
    await Promise.resolve()
    await Promise.resolve()
    const others = Array.from({ length: 9 }, (_, at) =>
      journal.append({ type: 'points', entry: pointsOf(1001 + at) }),
    )
    await Promise.all([first, ...others])
    expect(disk.syncs.length - before).toBe(3)
    // Long requests are spread over several writes: each is read back with all of its own.
    const long = (id: number) => ({ ...pointsOf(id), body: 'x'.repeat(2 ** 14 * (id === 2009 ? 5 : 1)) })
    const ids = Array.from({ length: 10 }, (_, at) => 2000 + at)
    await Promise.all(ids.map((id) => journal.append({ type: 'points', entry: long(id) })))
    expect(disk.syncs.length - before).toBe(7)
    for (const id of ids) expect(await journal.request(id)).toBe(long(id).body)
    expect((await placeOn(disk).look('series-1')).state).toEqual(journal.state)
  })

  it('never writes over the file of an index that comes again', async () => {
    const { place, journal, folder } = await journaled([5])
    const second = await put(journal, 5, 8)
    expect(filesOf(folder)).toEqual(['5-1.shard', 'log'])
    await journal.close()
    writeFileSync(`${folder}/7-4.shard`, 'never confirmed')
    const again = await place.open('stream-1')
    expect(filesOf(folder)).toEqual(['5-1.shard', 'log'])
    await put(again, 7)
    expect(filesOf(folder)).toEqual(['5-1.shard', '7-5.shard', 'log'])
    expect(await bytesOf(await again.body(5))).toEqual(second)
    await again.close()
  })

  it('frees the memory of a chunk that it keeps, and of no other', async () => {
    const { journal } = await journaled([])
    const { entry, body } = chunkOf(0)
    const parts = body()
    await journal.put(entry, parts)
    expect(parts.map(({ buffer }) => buffer.byteLength)).toEqual([0, 0, 0])
    // Detached already: nothing is kept in its name.
    await expect(journal.put({ ...entry, index: 1 }, parts)).rejects.toMatchObject(code('core/internal'))
    expect([...journal.state.chunks.keys()]).toEqual([0])
    await journal.close()
  })

  it('reads a large chunk piece by piece, and closes its file when the reader stops', async () => {
    const { journal } = await journaled([])
    const { entry, body, bytes } = chunkOf(0, 2.5 * 2 ** 20)
    await journal.put(entry, body())
    const kept = (await journal.body(0)) as AsyncIterable<Uint8Array<ArrayBuffer>>
    const pieces: number[] = []
    for await (const piece of kept) pieces.push(piece.byteLength)
    expect(pieces).toEqual([2 ** 20, 2 ** 20, 2 ** 19])
    const opened = () => readdirSync('/proc/self/fd').length
    if (process.platform === 'linux') {
      const before = opened()
      for (let turn = 0; turn < 20; turn++) for await (const _ of kept) break
      expect(opened()).toBe(before)
    }
    expect(Buffer.compare(await bytesOf(kept), bytes)).toBe(0)
    await journal.close()
  })
})

describe('a journal that a crash left', () => {
  it('is cut where its last write ends too early, and says by how much', async () => {
    const { path, place, journal, folder, log, warnings } = await journaled([0, 1])
    await journal.close()
    const { length } = readFileSync(log)
    appendFileSync(log, logFrame(3, [{ type: 'finalize', atMs: 1 }]).subarray(0, 40))
    writeFileSync(`${folder}/2-2.shard`, 'of the record that is cut')
    expect((await place.look('stream-1')).state.chunks.size).toBe(2)
    expect(statSync(log).size).toBe(length + 40)

    const cut = await place.open('stream-1')
    expect(warnings).toEqual([expect.stringMatching(/stream-1: the last 40 bytes of the log were cut off/)])
    expect(statSync(log).size).toBe(length)
    // Nothing is thrown away before the log was found whole.
    expect(filesOf(folder)).toEqual(['0-0.shard', '1-1.shard', '2-2.shard', 'log'])
    await put(cut, 2)
    await cut.append({ type: 'finalize' })
    await cut.close()
    const again = await placeIn(path).open('stream-1')
    expect(again.state).toEqual(cut.state)
    expect(filesOf(folder)).toEqual(['0-0.shard', '1-1.shard', '2-3.shard', 'log'])
    await again.close()
    expect(warnings.length).toBe(1)
  })

  it('loses nothing that was confirmed, wherever its last write was cut', async () => {
    const { journal, folder, log } = await journaled([0])
    await journal.append({ type: 'tried', item: 0, attempt: 1 })
    const { length } = readFileSync(log)
    await put(journal, 1)
    await journal.close()
    const whole = readFileSync(log)
    for (let size = length + 1; size <= whole.length; size++) {
      const disk = new ForgetfulDisk()
      await disk.makeFolder(`${PLACE}/stream-1`)
      const names = ['0-0.shard', '1-1.shard']
      for (const name of names)
        await writeFile(disk, `${PLACE}/stream-1/${name}`, readFileSync(`${folder}/${name}`))
      await writeFile(disk, `${PLACE}/stream-1/log`, whole.subarray(0, size))
      const again = await placeOn(disk).open('stream-1')
      expect(again.state.chunks.get(0)?.tries).toBe(1)
      expect([size, again.state.chunks.has(1)]).toEqual([size, size === whole.length])
      expect(await bytesOf(await again.body(0))).toEqual(chunkOf(0).bytes)
      await again.close()
      const left = await disk.read(`${PLACE}/stream-1/log`)
      expect(left.length).toBe(size === whole.length ? size : length)
      expect((await disk.list(`${PLACE}/stream-1`)).length).toBe(3)
    }
  })

  it('throws away the files that no record needs', async () => {
    const { place, journal, folder } = await journaled([0, 1])
    copyFileSync(`${folder}/1-1.shard`, `${folder}/kept`)
    await journal.append({ type: 'stored', item: 1, proof: 'md5' })
    await journal.close()
    renameSync(`${folder}/kept`, `${folder}/1-1.shard`)
    writeFileSync(`${folder}/9-9.shard`, 'never confirmed')
    writeFileSync(`${folder}/notes.txt`, 'of somebody else')
    await (await place.open('stream-1')).close()
    expect(filesOf(folder)).toEqual(['0-0.shard', 'log', 'notes.txt'])
  })

  it('was never begun where it has no log and nothing else; it can be removed', async () => {
    const { path, place, journal } = await journaled([])
    for (const [id, log] of [
      ['empty', undefined],
      ['torn', Buffer.alloc(20)],
    ] as const) {
      mkdirSync(`${path}/${id}`)
      if (log) writeFileSync(`${path}/${id}/log.new`, log)
      for (const call of READERS) await expect(place[call](id)).rejects.toMatchObject(code('journal/unbegun'))
      expect((await place.list()).find(({ dataId }) => dataId === id)?.error).toMatchObject(
        code('journal/unbegun'),
      )
      await place.remove(id)
      expect(readdirSync(path)).toEqual(['stream-1'])
    }
    // It can be begun as well.
    mkdirSync(`${path}/empty`)
    writeFileSync(`${path}/empty/log.new`, 'xyz')
    await (await place.create(frameSession('empty'))).close()
    expect(filesOf(`${path}/empty`)).toEqual(['log'])
    await journal.close()
  })

  it('is gone, or whole, after a removal that was cut short', async () => {
    const { path, place, journal } = await journaled([0])
    await journal.close()
    renameSync(`${path}/stream-1`, `${path}/stream-1.removed`)
    await expect(place.open('stream-1')).rejects.toMatchObject(code('journal/missing'))
    expect(await place.list()).toEqual([])
    await (await place.create(frameSession('other'))).close()
    expect(readdirSync(path)).toEqual(['other'])
  })
})

describe('a journal that is damaged', () => {
  it('is an error, never read as empty', async () => {
    const { path, place, journal, folder, log } = await journaled([0, 1])
    await journal.close()
    const whole = readFileSync(log)
    const second = whole.indexOf('\n') + 1
    const damages: [string, () => void, string][] = [
      ['a byte of the first frame', () => writeFileSync(log, flipped(whole, 40)), 'journal/damaged'],
      [
        'a byte of the last frame',
        () => writeFileSync(log, flipped(whole, whole.length - 9)),
        'journal/damaged',
      ],
      ['the last newline', () => writeFileSync(log, flipped(whole, whole.length - 1)), 'journal/damaged'],
      ['nothing in it', () => truncateSync(log, 0), 'journal/damaged'],
      ['its first frame cut', () => truncateSync(log, second - 5), 'journal/damaged'],
      ['the first frame gone', () => writeFileSync(log, whole.subarray(second)), 'journal/damaged'],
      ['no log', () => rmSync(log), 'journal/damaged'],
      [
        'an item that is not known',
        () => appendFileSync(log, logFrame(3, [{ type: 'stored', item: 7, proof: 'md5', atMs: 1 }])),
        'journal/damaged',
      ],
      [
        'another version',
        () => writeFileSync(log, logFrame(0, [{ type: 'session', version: 2 }])),
        'journal/version',
      ],
      [
        'another stream',
        () => writeFileSync(log, logFrame(0, [{ ...frameSession('b'), atMs: 1 }])),
        'journal/damaged',
      ],
    ]
    for (const [what, damage, expected] of damages) {
      damage()
      const before = new Map(filesOf(folder).map((name) => [name, readFileSync(`${folder}/${name}`)]))
      for (const call of READERS)
        await expect(place[call]('stream-1'), what).rejects.toMatchObject(code(expected))
      const [listed] = await place.list()
      expect([what, listed?.error?.code, listed?.state]).toEqual([what, expected, undefined])
      // Nothing of it was touched.
      expect(new Map(filesOf(folder).map((name) => [name, readFileSync(`${folder}/${name}`)]))).toEqual(
        before,
      )
      writeFileSync(log, whole)
    }
    cpSync(folder, `${path}/copy`, { recursive: true })
    await expect(place.open('copy')).rejects.toThrow(/it is of another stream, stream-1/)
    await place.remove('copy')
    rmSync(log)
    await expect(place.create(frameSession())).rejects.toMatchObject(code('journal/exists'))
    writeFileSync(log, whole)
    await (await place.open('stream-1')).close()
  })

  it('gives no frames away that are not as they came', async () => {
    const { place, journal, folder } = await journaled([])
    const spills = [0, 1, 2, 3].map((index) => framesOf(index))
    for (const { entry, pieces } of spills) await journal.spill(entry, pieces(100))
    const fileOf = (index: number) => `${folder}/${index}-${index}.frames`
    truncateSync(fileOf(0), 0)
    appendFileSync(fileOf(1), 'x')
    rmSync(fileOf(2))
    const view = await place.look('stream-1')
    const codes = ['damaged', 'damaged', 'vanished'].map((name) => `journal/${name}`)
    for (const [index, expected] of codes.entries()) {
      await expect(journal.spilled(index)).rejects.toMatchObject(code(expected))
      await expect(view.spilled(index)).rejects.toMatchObject(code(expected))
    }
    expect(await place.verify('stream-1')).toEqual(
      codes.map((expected, chunk) => ({ chunk, error: expect.objectContaining(code(expected)) })),
    )
    await journal.close()
    const again = await place.open('stream-1')
    expect(await bytesOf([await again.spilled(3)])).toEqual(spills[3]!.bytes)
    // What is damaged is whole again when its chunk is put.
    await put(again, 0)
    expect((await place.verify('stream-1')).map(({ chunk }) => chunk)).toEqual([1, 2])
    await again.close()
  })

  it('gives no wrong byte of a chunk away as the whole of it', async () => {
    const { place, journal, folder } = await journaled([0, 1, 2, 3])
    const { entry, body } = chunkOf(4, 2 ** 20 + 5)
    await journal.put(entry, body())
    const fileOf = (index: number) => `${folder}/${index}-${index}.shard`
    writeFileSync(fileOf(0), flipped(readFileSync(fileOf(0)), 100))
    truncateSync(fileOf(1), 50)
    appendFileSync(fileOf(2), 'x')
    rmSync(fileOf(3))
    writeFileSync(fileOf(4), flipped(readFileSync(fileOf(4)), 3))
    const codes = ['damaged', 'damaged', 'damaged', 'vanished', 'damaged'].map((name) => `journal/${name}`)
    const view = await place.look('stream-1')
    for (const [index, expected] of codes.entries()) {
      let given = 0
      const reading = (async () => {
        for await (const piece of (await journal.body(index)) as AsyncIterable<Uint8Array>)
          given += piece.byteLength
      })()
      await expect(reading).rejects.toMatchObject(code(expected))
      expect(given).toBeLessThan(chunkOf(index, index === 4 ? 2 ** 20 + 5 : undefined).bytes.length)
      await expect(view.body(index)).rejects.toMatchObject(code(expected))
    }
    expect(await place.verify('stream-1')).toEqual(
      codes.map((expected, chunk) => ({ chunk, error: expect.objectContaining(code(expected)) })),
    )
    // A chunk that is damaged does not keep the others back.
    await put(journal, 5)
    await journal.close()
    const again = await place.open('stream-1')
    expect(await bytesOf(await again.body(5))).toEqual(chunkOf(5).bytes)
    await again.close()
  })

  const flips = scaled(10_000, 100_000)
  it.each(['shard', 'frames'])(
    `tells each of ${flips} single bits in the files of chunks: %s`,
    LONG,
    async (kind) => {
      const next = random(11)
      const { place, journal, folder } = await journaled(kind === 'shard' ? [0, 1, 2] : [])
      if (kind === 'frames')
        for (const { entry, pieces } of [0, 1, 2].map((index) => framesOf(index)))
          await journal.spill(entry, pieces(500))
      const whole = [0, 1, 2].map((index) => (kind === 'shard' ? chunkOf(index) : framesOf(index)).bytes)
      const read = async (index: number) =>
        kind === 'shard' ? bytesOf(await journal.body(index)) : journal.spilled(index)
      const files = [0, 1, 2].map((index) => openSync(`${folder}/${index}-${index}.${kind}`, 'r+'))
      onTestFinished(() => files.forEach(closeSync))
      for (let flip = 0; flip < flips; flip++) {
        const chunk = Math.floor(next() * files.length)
        const bytes = whole[chunk]!
        const at = Math.floor(next() * bytes.length)
        writeSync(files[chunk]!, Uint8Array.of(bytes[at]! ^ (1 << Math.floor(next() * 8))), 0, 1, at)
        const told = await read(chunk).catch((error: unknown) => error)
        if (!hasCode(told, 'journal/damaged')) throw new Error(`chunk ${chunk}, byte ${at}: ${told}`)
        if (flip % 100 === 0) {
          expect(await place.verify('stream-1')).toMatchObject([{ chunk, error: code('journal/damaged') }])
        }
        writeSync(files[chunk]!, bytes, at, 1, at)
      }
      expect(await place.verify('stream-1')).toEqual([])
      await journal.close()
    },
  )
})

it('finds no fault in a chunk that is stored while it is verified', async () => {
  const disk = new ForgetfulDisk()
  const journal = await placeOn(disk).create(frameSession())
  for (const index of [0, 1]) await put(journal, index)
  const racing: Disk = {
    ...faultyDisk(disk, () => undefined),
    read: async (path) => {
      if (path.endsWith('/0-0.shard')) await journal.append({ type: 'stored', item: 0, proof: 'md5' })
      return disk.read(path)
    },
  }
  expect(await placeOn(racing).verify('stream-1')).toEqual([])
})

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes)
  changed[at]! ^= 1
  return changed
}
