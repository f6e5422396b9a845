import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { crashRun, type Fate, WORKS } from './crash-run.js'
import { LONG } from './journals.js'
import { LawBroken } from './ledger.js'

const room = fileURLToPath(new URL('../../ts/journal/', import.meta.url))

/** What asks for a sync. (Those of a store, when a chunk is placed in it, are tried with the server.) */
const SYNC = /\.sync\(\)|\.syncFolder\(|\b(?:writeFile|makeDurableFolder|staging\.replace)\(/

/** Every line of the room that asks for a sync. */
function sites(): string[] {
  return readdirSync(room).flatMap((name) =>
    readFileSync(room + name, 'utf8')
      .split('\n')
      .flatMap((line, at) => (SYNC.test(line) ? [`${name}:${at + 1}`] : [])),
  )
}

/** The line of the room that asked for a sync; what only hands on does not count. */
function siteOf(from: readonly string[]): string | undefined {
  return from
    .map((frame) => /journal\/([\w-]+\.ts:\d+)/.exec(frame)?.[1])
    .find((site) => site && !site.startsWith('faults'))
}

/** Fates in which a sync of this line is left out. */
async function* without(site: string): AsyncGenerator<Fate> {
  for (const { work, operations, syncs, first } of await courses(site)) {
    // Before the first of them nothing depends on it.
    for (let crashAt = first ?? 0; crashAt <= operations; crashAt++) {
      for (const how of [{}, { killed: true, idle: true }]) yield* leaving({ work, crashAt, ...how })
    }
    // What is only done when a write has failed: then the power fails too.
    for (let faultAt = 0; faultAt < 2 * syncs[0].length; faultAt++)
      yield* leaving({ work, faultAt, idle: true })
  }

  async function* leaving(fate: Fate): AsyncGenerator<Fate> {
    const { syncs } = await crashRun(fate)
    for (const process of [0, 1] as const) {
      for (const [sync, { from }] of syncs[process].entries()) {
        if (siteOf(from) !== site) continue
        for (const seed of [undefined, 0, 1, 2]) yield { ...fate, seed, without: { process, sync } }
      }
    }
  }
}

/** What is done without any crash, and when it first comes to this line; what does at all comes first. */
async function courses(site: string) {
  const all = await Promise.all(WORKS.map(async (work) => ({ work, ...(await crashRun({ work })) })))
  return all
    .map((course) => ({
      ...course,
      first: course.syncs[0].find(({ from }) => siteOf(from) === site)?.operation,
    }))
    .sort((a, b) => Number(a.first === undefined) - Number(b.first === undefined))
}

it('knows all lines that sync', () => {
  expect(sites().length).toBeGreaterThan(7)
})

it.each(sites())(
  'needs the sync at %s: without it, something that was confirmed is lost',
  LONG,
  async (site) => {
    for await (const fate of without(site)) {
      try {
        await crashRun(fate)
      } catch (error) {
        if (error instanceof LawBroken) return
        throw new Error(JSON.stringify(fate), { cause: error })
      }
    }
    expect.fail(`nothing is lost without the sync at ${site}`)
  },
)
