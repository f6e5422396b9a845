import { describe, expect, it } from 'vitest'
import { ForgetfulDisk, type SyncCall } from '../disk/forgetful-disk.js'
import { random } from '../interop/images.js'
import { check, Expectations, ROWS, run } from './server-workload.js'

/** A figure of `npm test`, and the full one of a soak. */
function scaled(test: number, soak: number): number {
  return process.env.FRAMEWIRE_SOAK ? soak : test
}

/** Seeds of a power cut at each operation. */
const SEEDS = scaled(1, 20)
/** Every so many operations a process is killed. */
const KILL_EVERY = scaled(7, 1)
/** Power cuts while the next process repairs. */
const DOUBLE_CUTS = scaled(50, 2000)

/** The disk at a moment of the workload, and what its client relied on then. */
interface Moment {
  operation: number
  disk: ForgetfulDisk
  known: Expectations
}

/** The disks that a power cut would leave at each operation `from .. to` of the workload, and at its end. */
async function cutEverywhere(
  cut: (disk: ForgetfulDisk) => ForgetfulDisk,
  { disk = new ForgetfulDisk(), from = 0, to = Number.POSITIVE_INFINITY } = {},
): Promise<Moment[]> {
  const moments: Moment[] = []
  const known = new Expectations()
  const remember = () => {
    const operation = disk.operations
    if (operation < from || operation > to) return
    moments.push({ operation, disk: cut(disk), known: new Expectations(known) })
  }
  await run(disk.watch(remember), { known })
  remember()
  return moments
}

/** Kill the process at an operation, and let the next one repeat what was not answered. */
async function killAndRepeat(operation: number, without?: number): Promise<Moment> {
  const { disk, known, rows } = await run(new ForgetfulDisk().crashAt(operation))
  const next = disk.afterKill()
  if (without !== undefined) next.withoutSync(without)
  await run(next, { known, from: rows, to: rows + 1 })
  return { operation, disk: next, known }
}

/** Whether something that was answered is lost when the power is cut now. */
async function isLost({ disk, known }: Omit<Moment, 'operation'>): Promise<boolean> {
  return check(disk.afterCrash(), known).then(
    () => false,
    () => true,
  )
}

/** Whether it is when a sync is left out, and the power cut at the end of its row, of all, or somewhere in its row. */
async function isNeeded(k: number, { operation }: SyncCall, rowEnds: readonly number[]): Promise<boolean> {
  const rows = Math.max(
    1,
    rowEnds.findIndex((end) => end > operation),
  )
  for (const to of [rows, ROWS]) {
    const disk = new ForgetfulDisk().withoutSync(k)
    if (await isLost(await run(disk, { to }))) return true
  }
  const range = { disk: new ForgetfulDisk().withoutSync(k), from: operation, to: rowEnds[rows] }
  for (const { disk, known } of (await cutEverywhere((each) => each.afterCrash(), range)).reverse())
    if (await isLost({ disk, known })) return true
  return false
}

/** Which sync it was: what it put on disk, and the chain of its callers. */
function siteOf({ from, path }: SyncCall): string {
  const what = path.replaceAll(/[0-9a-f]{8}-[-0-9a-f]{27}/g, 'ID').replaceAll(/\d+/g, 'N')
  return [what, ...from].join(' < ')
}

describe('what the server answered', { timeout: scaled(180_000, 3_600_000) }, () => {
  it('is there after a power cut at any operation', async () => {
    const moments = await cutEverywhere((disk) => disk.afterCrash())
    expect(moments.length).toBeGreaterThan(400)
    for (const { disk, known, operation } of moments) {
      await check(disk, known).catch((error: unknown) => {
        throw new Error(`operation ${operation}`, { cause: error })
      })
    }
  })

  it('is there after a power cut that leaves any part of the rest', async () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      const cut = (disk: ForgetfulDisk) => disk.afterCrash({ seed: 100_000 * seed + disk.operations })
      for (const { disk, known, operation } of await cutEverywhere(cut)) {
        await check(disk, known).catch((error: unknown) => {
          throw new Error(`operation ${operation}, seed ${seed}`, { cause: error })
        })
      }
    }
  })

  it('is there after a power cut while the next process repairs', async () => {
    const { operations } = (await run(new ForgetfulDisk())).disk
    const next = random(1)
    for (let turn = 0; turn < DOUBLE_CUTS; turn++) {
      const [first, second] = [Math.floor(next() * operations), Math.floor(next() * 30)]
      const { disk, known } = await run(new ForgetfulDisk().crashAt(first))
      const repairing = disk.afterCrash({ seed: turn }).crashAt(second)
      await run(repairing, { known, from: ROWS })
      await check(repairing.afterCrash({ seed: turn }), known).catch((error: unknown) => {
        throw new Error(`turn ${turn}: operations ${first} and ${second}`, { cause: error })
      })
    }
  })

  it('is there when the process is killed, what it had not answered is repeated, and the power is cut', async () => {
    const { operations } = (await run(new ForgetfulDisk())).disk
    for (let operation = 0; operation <= operations; operation += KILL_EVERY) {
      const { disk, known } = await killAndRepeat(operation)
      await check(disk.afterCrash(), known).catch((error: unknown) => {
        throw new Error(`operation ${operation}`, { cause: error })
      })
    }
  })

  it('would be lost without any one of the syncs', async () => {
    const whole = await run(new ForgetfulDisk())
    const [proved, unproved] = [new Set<string>(), new Set<string>()]
    for (const [k, call] of whole.disk.syncs.entries()) {
      const site = siteOf(call)
      if (proved.has(site)) continue
      if (await isNeeded(k, call, whole.operations)) proved.add(site)
      else unproved.add(site)
    }
    // Some are needed for what a process left that was killed just before it synced, or are made for that alone.
    for (const { operation } of whole.disk.syncs) {
      const { disk } = await killAndRepeat(operation)
      for (const [k, call] of disk.syncs.entries()) {
        const site = siteOf(call)
        if (proved.has(site)) continue
        if (await isLost(await killAndRepeat(operation, k))) proved.add(site)
        else unproved.add(site)
      }
    }
    for (const site of proved) unproved.delete(site)
    expect([...unproved]).toEqual([])
    expect(proved.size).toBeGreaterThan(40)
  })
})
