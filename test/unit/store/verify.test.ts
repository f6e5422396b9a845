import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readFrames, verifyStore } from 'framewire/server'
import { describe, expect, it } from 'vitest'
import { md5, sha256, TestClient, temporaryFolder } from '../server/client.js'
import { goldenShard, makeShard, pattern } from './shards.js'

const SIZE = 6 * 10
const shard = (frames: number, k: number) => makeShard(pattern(frames, 6, 10, k), frames, 6, 10)

/** A store of chunk 0 (4 frames), 1 (2 of 4 frames), 3 (3 of 4 frames); chunk 2 never came. */
async function stored() {
  const client = await TestClient.start()
  const id = await client.newStream()
  for (const [index, frames] of [
    [0, 4],
    [1, 2],
    [3, 3],
  ] as const) {
    const answer = await client.put(id, shard(frames, index), { index, chunkSize: 4, dims: `${frames},6,10` })
    expect(answer.status).toBe(200)
  }
  await client.server.close()
  return { path: join(client.store, id), id }
}

const SENT = Buffer.concat([pattern(4, 6, 10, 0), pattern(2, 6, 10, 1), pattern(3, 6, 10, 3)])

function reference(pixels: Uint8Array) {
  return {
    frames: pixels.length / SIZE,
    pixels: async (start: number, count: number) => pixels.subarray(start * SIZE, (start + count) * SIZE),
  }
}

const shardFile = (path: string, index: number) => join(path, `frames.zarr/frames/c/${index}/0/0`)

describe('what was stored', () => {
  it('is verified against what was received and what was sent', async () => {
    const { path, id } = await stored()
    const chunk = (index: number, frames: number) => {
      const bytes = shard(frames, index)
      return { index, frames, bytes: bytes.length, md5: md5(bytes), sha256: sha256(bytes), ok: true }
    }
    expect(await verifyStore(path, { against: reference(SENT) })).toEqual({
      kind: 'frames',
      dataId: id,
      shape: [15, 6, 10],
      chunkSize: 4,
      chunks: [chunk(0, 4), chunk(1, 2), chunk(3, 3)],
      storedFrames: 9,
      missingFrames: 6,
      equalFrames: 9,
      problems: [],
      ok: true,
    })
  })

  it('is read back frame by frame, and never as black where nothing came', async () => {
    const { path } = await stored()
    expect(Buffer.from(await readFrames(path, 2, 4))).toEqual(SENT.subarray(2 * SIZE, 6 * SIZE))
    expect(Buffer.from(await readFrames(path, 12, 3))).toEqual(SENT.subarray(6 * SIZE))
    for (const [start, count, frame] of [
      [5, 2, 6],
      [8, 1, 8],
      [11, 2, 11],
      [14, 2, 15],
    ] as const) {
      await expect(readFrames(path, start, count)).rejects.toMatchObject({
        code: 'server/verify',
        details: { frame },
      })
    }
  })

  it('is told from a reference with another pixel, a frame less or a frame more', async () => {
    const { path } = await stored()
    const changed = Buffer.from(SENT)
    changed[7 * SIZE + 5]! ^= 1
    expect(await verifyStore(path, { against: reference(changed) })).toMatchObject({
      ok: false,
      equalFrames: 8,
      problems: [{ chunk: 3, frame: 13, reason: expect.stringMatching(/differs/) }],
    })
    for (const pixels of [SENT.subarray(SIZE), Buffer.concat([SENT, SENT.subarray(0, SIZE)])]) {
      const { ok, problems } = await verifyStore(path, { against: reference(pixels) })
      expect(ok).toBe(false)
      expect(problems[0]!.reason).toMatch(/9 frames are stored, the reference has (8|10)/)
    }
  })

  it('is compared at its own place where the reference has frames that never came', async () => {
    const { path } = await stored()
    // The whole recording: chunk 1 came short, chunk 2 never came.
    const whole = Buffer.alloc(15 * SIZE, 77)
    SENT.copy(whole, 0, 0, 6 * SIZE)
    SENT.copy(whole, 12 * SIZE, 6 * SIZE)
    expect(await verifyStore(path, { against: reference(whole) })).toMatchObject({
      ok: false,
      equalFrames: 9,
      problems: [{ reason: '9 frames are stored, the reference has 15' }],
    })
  })

  it('may have an empty folder where a kill came before the shard, but no shard that was never received', async () => {
    const { path } = await stored()
    mkdirSync(dirname(shardFile(path, 7)), { recursive: true })
    expect(await verifyStore(path)).toMatchObject({ ok: true })
    writeFileSync(shardFile(path, 7), readFileSync(shardFile(path, 0)))
    expect(await verifyStore(path)).toMatchObject({ ok: false, problems: [{ chunk: 7 }] })
  })

  it('is found damaged where a bit of any shard has changed', async () => {
    const { path } = await stored()
    const file = shardFile(path, 1)
    const sound = readFileSync(file)
    for (const at of [8, sound.length - 1, sound.length - 3 * 16, sound.length - 4 * 16 - 8]) {
      const damaged = Buffer.from(sound)
      damaged[at]! ^= 0x20
      writeFileSync(file, damaged)
      expect(await verifyStore(path)).toMatchObject({
        ok: false,
        chunks: [{ ok: true }, { ok: false }, { ok: true }],
        problems: [{ chunk: 1 }],
      })
    }
  })

  it('is found changed where the frames are sound, but not those that were received', async () => {
    const { path } = await stored()
    writeFileSync(shardFile(path, 0), shard(4, 9))
    const { ok, problems } = await verifyStore(path)
    expect(ok).toBe(false)
    expect(problems).toEqual([{ chunk: 0, reason: expect.stringMatching(/not the one that was received/) }])
  })

  it('is found damaged by the hash where the other client packed without a checksum', async () => {
    const client = await TestClient.start()
    const id = await client.newStream()
    await client.put(id, goldenShard('rheed-all-options', 'put-0011.bin'), {})
    const path = join(client.store, id)
    expect((await verifyStore(path)).ok).toBe(true)
    const file = shardFile(path, 0)
    const bytes = readFileSync(file)
    bytes[700]! ^= 1
    writeFileSync(file, bytes)
    expect((await verifyStore(path)).ok).toBe(false)
  })

  it('is found incomplete where a file is gone, or one too many is there', async () => {
    const { path } = await stored()
    writeFileSync(join(path, 'frames.zarr/present/c/1'), new Uint8Array([1, 1, 1, 1]))
    rmSync(shardFile(path, 0))
    rmSync(join(path, 'chunks/3.json'))
    const { problems } = await verifyStore(path)
    expect(problems.map(({ chunk, reason }) => [chunk, reason])).toEqual([
      [0, expect.stringMatching(/ENOENT/)],
      [1, expect.stringMatching(/present/)],
      [3, expect.stringMatching(/never received/)],
      [undefined, expect.stringMatching(/15 frames.*6/)],
    ])
  })

  it('is not there in a folder without frames', async () => {
    await expect(verifyStore(temporaryFolder())).rejects.toMatchObject({ code: 'server/verify' })
    await expect(readFrames(temporaryFolder(), 0, 1)).rejects.toMatchObject({ code: 'server/verify' })
  })
})
