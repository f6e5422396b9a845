import { mkdirSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Disk } from '../../ts/disk/disk.js'
import { hasCode } from '../../ts/errors.js'
import type { JournalPlace } from '../../ts/journal/place.js'
import { DiskCrashed, ForgetfulDisk } from '../disk/forgetful-disk.js'
import { random } from '../interop/images.js'
import { bytesOf, code, LONG, PLACE, placeOn, scaled, temporaryFolder } from './journals.js'
import { SHARDS, soundStore, whole } from './kept.js'
import { keptShards } from './kept-store.js'

const FOLDER = `${PLACE}/kept-1`

/** A disk with a journal that can be kept. */
let prepared: ForgetfulDisk
/** Operations of opening and keeping it. */
let operations: number

beforeAll(async () => {
  prepared = new ForgetfulDisk()
  await (await whole(placeOn(prepared))).close()
  const disk = prepared.afterCrash()
  await kept(placeOn(disk))
  operations = disk.operations
})

/** Keep the journal, whatever a process before has done of that. */
async function kept(place: JournalPlace): Promise<void> {
  try {
    await (await place.open('kept-1')).keep()
  } catch (error) {
    if (!hasCode(error, 'journal/kept')) throw error
  }
}

/** As `kept`, on a disk that crashes meanwhile. */
async function cut(disk: ForgetfulDisk, at: number): Promise<void> {
  await kept(placeOn(disk.crashAt(at))).catch((error: unknown) => {
    if (!(error instanceof DiskCrashed)) throw error
  })
}

/** What is there is a journal, with the bytes of all chunks that the store has not, or a store that is sound. */
async function check(disk: ForgetfulDisk): Promise<void> {
  const place = placeOn(disk)
  const { error, state } = (await place.list())[0]!
  if (error) {
    expect(error).toMatchObject(code('journal/kept'))
    return checkStore(disk)
  }
  expect([...state!.chunks.values()].every(({ stored }) => stored)).toBe(true)
  expect(await place.verify('kept-1')).toEqual([])
  const view = await place.look('kept-1')
  for (const { entry, bytes } of SHARDS) {
    try {
      expect(await bytesOf(await view.body(entry.index))).toEqual(bytes)
    } catch (error) {
      expect(error).toMatchObject(code('journal/vanished'))
      expect((await disk.list(`${FOLDER}/chunks`)).map(({ name }) => name)).toContain(`${entry.index}.json`)
    }
  }
}

/** The store has all chunks, and is sound by its own law. */
async function checkStore(disk: Disk): Promise<void> {
  expect(await keptShards(disk, FOLDER)).toEqual(
    new Map(SHARDS.map(({ entry: { index, sha256 } }) => [index, sha256])),
  )
}

/** As `checkStore`, by the verification that users have: in a real folder. */
async function verify(disk: Disk): Promise<void> {
  const folder = temporaryFolder()
  await copy(disk, FOLDER, folder)
  await soundStore(folder)
}

async function copy(disk: Disk, from: string, to: string): Promise<void> {
  mkdirSync(to, { recursive: true })
  for (const { name, isFolder } of await disk.list(from)) {
    if (isFolder) await copy(disk, `${from}/${name}`, `${to}/${name}`)
    else writeFileSync(`${to}/${name}`, await disk.read(`${from}/${name}`))
  }
}

describe('a keep', LONG, () => {
  it('ends well after a power cut before any operation, whatever survives it', async () => {
    expect(operations).toBeGreaterThan(100)
    for (let at = 0; at <= operations; at++) {
      for (const seed of [undefined, ...Array(scaled(3, 50)).keys()]) {
        const disk = prepared.afterCrash()
        await cut(disk, at)
        const after = disk.afterCrash({ seed })
        await check(after)
        await kept(placeOn(after))
        const last = after.afterCrash()
        await (seed === undefined && at % 8 === 0 ? verify(last) : checkStore(last))
      }
    }
  })

  it('ends well after kills and power cuts, one after another', async () => {
    const next = random(3)
    for (let turn = 0; turn < scaled(100, 5000); turn++) {
      let disk = prepared.afterCrash()
      for (let crash = 0; crash < 5; crash++) {
        await cut(disk, Math.floor(next() * operations))
        disk = next() < 0.5 ? disk.afterKill() : disk.afterCrash({ seed: turn })
        await check(disk)
      }
      await kept(placeOn(disk))
      await checkStore(disk.afterCrash())
    }
  })

  it('that fails at any operation gives the journal back, and ends well when it is asked again', async () => {
    for (const [fail, expected] of [
      [(disk: ForgetfulDisk, at: number) => disk.failAt(at), 'journal/disk'],
      [(disk: ForgetfulDisk, at: number) => disk.fullAt(at), 'journal/full'],
    ] as const) {
      for (let at = 0; at <= operations; at++) {
        const disk = prepared.afterCrash()
        // In one process: who fails must have given the folder back.
        const place = placeOn(fail(disk, at))
        const told = await kept(place).catch((error: unknown) => error)
        if (told !== undefined) expect([at, told]).toEqual([at, expect.objectContaining(code(expected))])
        disk.fullAt(Number.POSITIVE_INFINITY)
        await check(disk)
        await kept(place)
        await checkStore(disk)
      }
    }
  })
})
