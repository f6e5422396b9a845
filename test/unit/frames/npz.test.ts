import { crc32, deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { openPath } from '../../../ts/frames/file-node.js'
import { openNpz } from '../../../ts/frames/npz.js'
import type { ByteSource } from '../../../ts/frames/source.js'
import {
  changed,
  expectCode,
  expectHarmless,
  expectMovie,
  fixture,
  fixtureBytes,
  memory,
  valuesOf,
} from './recordings.js'

describe('.npz files that numpy wrote', () => {
  it.each(['stored.npz', 'deflated.npz'])('%s: the only array of frames is taken', async (name) => {
    await expectMovie(await openPath(fixture(name)), 'uint16', 5, 7, 9)
  })

  it('with several movies: one is named', async () => {
    await expectMovie(await openPath(fixture('two.npz'), { member: 'a' }), 'uint16', 5, 7, 9)
    await expectMovie(await openPath(fixture('two.npz'), { member: 'b.npy' }), 'uint8', 5, 7, 9)
    await expectCode('frames/file-unsupported', () => openPath(fixture('two.npz')), /Name one: a, b\./)
    await expectCode(
      'frames/file-missing',
      () => openPath(fixture('two.npz'), { member: 'c' }),
      /It holds: a, b\./,
    )
  })

  it('without frames, or packed in another way', async () => {
    await expectCode('frames/dtype', () => openPath(fixture('none.npz')), /none.npz:times.npy.*<f8/)
    await expectCode('frames/file-unsupported', () => openPath(fixture('lzma.npz')), /method 14/)
    await expectCode('frames/file-unsupported', () => openNpz(memory(zip([]))), /no array at all/)
  })

  it('are read forward, backward and from several sides at once', async () => {
    const source = await openPath(fixture('deflated.npz'))
    const whole = valuesOf(await source.read(0, 5))
    const frames = await Promise.all([4, 0, 2, 1, 3, 2].map(async (n) => valuesOf(await source.read(n, 1))))
    expect(frames).toEqual([4, 0, 2, 1, 3, 2].map((n) => whole.slice(n * 63, (n + 1) * 63)))
    await source.close()
  })
})

describe('a compressed movie', () => {
  it('is unpacked no further than it is read, a step at a time', async () => {
    // 40 frames of 1 MiB in about 40 kB.
    const header = npyHeader('(40, 1024, 1024)')
    const pixels = new Uint8Array(40 * 2 ** 20)
    const packed = zip([{ name: 'frames.npy', data: joined(header, pixels) }])
    let readBytes = 0
    const counted: ByteSource = {
      ...memory(packed),
      async read(offset, length) {
        readBytes += length
        return memory(packed).read(offset, length)
      },
    }
    const source = await openNpz(counted)
    readBytes = 0
    const { data } = await source.read(0, 2)
    expect(data).toHaveLength(2 * 2 ** 20)
    expect((data as Uint8Array).every((v) => v === 0)).toBe(true)
    // A step of 16 KiB unpacks to 16 MiB here: two frames need one.
    expect(readBytes).toBeLessThanOrEqual(2 ** 15)
  })
})

describe('zip64, as it is written past 4 GiB', () => {
  it('is read', async () => {
    const data = await fixtureBytes('u16be.npy')
    for (const method of [0, 8] as const) {
      const bytes = zip([{ name: 'x.npy', data, method }], { zip64: true })
      await expectMovie(await openNpz(memory(bytes)), 'uint16', 5, 7, 9)
    }
  })

  it('claims its directory outside of the file', async () => {
    const bytes = zip([{ name: 'x.npy', data: await fixtureBytes('u8.npy') }], { zip64: true })
    const locator = bytes.length - 22 - 20
    await expectCode('frames/file-format', () => openNpz(memory(changed(bytes, locator + 14, 0xff))), /zip64/)
    await expectCode('frames/file-format', () => openNpz(memory(changed(bytes, locator + 8, 1))), /zip64/)
  })
})

describe('bombs and other lies', () => {
  const frame = 128 * 128
  const zeros = new Uint8Array(64 * frame)

  it('unpacks to more than it declares', async () => {
    // The array inside agrees with the directory: one frame. The bytes go on.
    const data = joined(npyHeader('(1, 128, 128)'), zeros)
    const bytes = zip([{ name: 'frames.npy', data, declared: 128 + frame }])
    const error = await expectCode(
      'frames/file-too-large',
      () => openNpz(memory(bytes, 'bomb.npz')),
      /bomb.npz:frames.npy/,
    )
    expect(error.details).toMatchObject({ limitBytes: 128 + frame })
  })

  it('unpacks to more than it declares, seen only at the end', async () => {
    // What is too much lies behind the first step of unpacking.
    const data = joined(npyHeader('(20, 128, 128)'), noise(20 * frame), noise(5))
    const source = await openNpz(memory(zip([{ name: 'frames.npy', data, declared: 128 + 20 * frame }])))
    await source.read(0, 10)
    await expectCode('frames/file-too-large', () => source.read(19, 1))
    // Asked again, it begins anew and ends the same.
    await source.read(0, 10)
    await expectCode('frames/file-too-large', () => source.read(19, 1))
  })

  it('unpacks to less than it declares', async () => {
    const data = joined(npyHeader('(64, 128, 128)'), zeros.subarray(frame))
    const source = await openNpz(memory(zip([{ name: 'frames.npy', data, declared: 128 + 64 * frame }])))
    await source.read(0, 63)
    await expectCode('frames/file-truncated', () => source.read(63, 1))
  })

  it.each([
    ['an array inside that claims 10 GB', '(10000, 1000, 1000)', 128 + 64 * frame, 'frames/file-truncated'],
    ['an array inside smaller than declared', '(1, 128, 128)', 128 + 64 * frame, 'frames/file-format'],
    [
      '10 GB declared within and without, in a few bytes',
      '(10000, 1000, 1000)',
      128 + 1e10,
      'frames/file-format',
    ],
  ] as const)('%s', async (_, shape, declared, code) => {
    const bytes = zip([{ name: 'frames.npy', data: joined(npyHeader(shape), zeros), declared }])
    await expectCode(code, () => openNpz(memory(bytes)))
  })

  it('a frame over the limit, in as many bytes as could hold it', async () => {
    const data = joined(npyHeader('(1, 40000, 40000)'), noise(2 ** 21))
    const bytes = zip([{ name: 'frames.npy', data, declared: 128 + 40000 ** 2 }])
    await expectCode('frames/file-too-large', () => openNpz(memory(bytes)), /limit/)
  })

  it('pixels that changed since they were packed', async () => {
    const data = joined(npyHeader('(20, 128, 128)'), noise(20 * frame))
    const source = await openNpz(memory(zip([{ name: 'x.npy', data, crc: 1 }])))
    await source.read(0, 10)
    await expectCode('frames/file-format', () => source.read(19, 1), /CRC-32/)
    await expectCode('frames/file-format', () => source.read(19, 1), /CRC-32/)
    const deflated = await fixtureBytes('deflated.npz')
    const damaged = changed(deflated, 500, deflated[500]! ^ 0x55)
    await expectCode('frames/file-format', async () => (await openNpz(memory(damaged))).read(0, 5))
  })

  it('encrypted, lying about a stored length, cut short', async () => {
    const data = await fixtureBytes('u8.npy')
    const encrypted = zip([{ name: 'x.npy', data, flags: 1 }])
    await expectCode('frames/file-unsupported', () => openNpz(memory(encrypted)), /encrypted/)
    const lying = zip([{ name: 'x.npy', data, method: 0, declared: 5 }])
    await expectCode('frames/file-format', () => openNpz(memory(lying)), /two lengths/)
    const whole = await fixtureBytes('stored.npz')
    for (let length = 4; length < whole.length; length += 13) {
      await expectCode(
        'frames/file-format',
        () => openNpz(memory(whole.slice(0, length))),
        /cut short|directory/,
      )
    }
  })

  it('are read or refused, whatever their bytes', async () => {
    await expectHarmless(await fixtureBytes('deflated.npz'), openNpz, 300)
    await expectHarmless(await fixtureBytes('stored.npz'), openNpz, 300)
  })
})

/** The 128 bytes before the pixels of a uint8 array. */
function npyHeader(shape: string): Uint8Array<ArrayBuffer> {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117)
  return new Uint8Array([0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0, ...Buffer.from(`${text}\n`)])
}

/** Bytes that DEFLATE cannot make smaller. */
function noise(length: number): Uint8Array {
  let state = 1
  return Uint8Array.from({ length }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state & 255
  })
}

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts))
}

interface Member {
  name: string
  data: Uint8Array
  method?: 0 | 8
  flags?: number
  /** What the directory says in place of the truth. */
  declared?: number
  crc?: number
}

/** A zip, written by the book (APPNOTE 4.3), with lies where they are asked for. */
function zip(members: Member[], { zip64 = false } = {}): Uint8Array<ArrayBuffer> {
  const local: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const { name, data, method = 8, flags = 0, declared = data.length, crc = crc32(data) } of members) {
    const payload = method === 8 ? deflateRawSync(data) : Buffer.from(data)
    const isLong = zip64 || declared > 0xffffffff
    const head = Buffer.alloc(30)
    head.writeUInt32LE(0x04034b50)
    head.writeUInt16LE(method, 8)
    head.writeUInt16LE(name.length, 26)
    head.writeUInt16LE(3, 28)
    const extra = Buffer.alloc(isLong ? 28 : 0)
    if (isLong) {
      extra.writeUInt16LE(1)
      extra.writeUInt16LE(24, 2)
      ;[declared, payload.length, offset].forEach((v, k) => void extra.writeBigUInt64LE(BigInt(v), 4 + 8 * k))
    }
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50)
    entry.writeUInt16LE(flags, 8)
    entry.writeUInt16LE(method, 10)
    entry.writeUInt32LE(crc, 16)
    entry.writeUInt32LE(isLong ? 0xffffffff : payload.length, 20)
    entry.writeUInt32LE(isLong ? 0xffffffff : declared, 24)
    entry.writeUInt16LE(name.length, 28)
    entry.writeUInt16LE(extra.length, 30)
    entry.writeUInt32LE(isLong ? 0xffffffff : offset, 42)
    local.push(head, Buffer.from(name), Buffer.alloc(3), payload)
    central.push(entry, Buffer.from(name), extra)
    offset += 33 + name.length + payload.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50)
  end.writeUInt16LE(zip64 ? 0xffff : members.length, 10)
  end.writeUInt32LE(zip64 ? 0xffffffff : directory.length, 12)
  end.writeUInt32LE(zip64 ? 0xffffffff : offset, 16)
  const end64 = Buffer.alloc(zip64 ? 76 : 0)
  if (zip64) {
    end64.writeUInt32LE(0x06064b50)
    ;[members.length, directory.length, offset].forEach(
      (v, k) => void end64.writeBigUInt64LE(BigInt(v), 32 + 8 * k),
    )
    end64.writeUInt32LE(0x07064b50, 56)
    end64.writeBigUInt64LE(BigInt(offset + directory.length), 64)
  }
  return joined(...local, directory, end64, end)
}
