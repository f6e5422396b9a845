import { describe, expect, it } from 'vitest'
import { random } from '../interop/images.js'
import { crashRun, type Fate, WORKS } from './crash-run.js'
import { LONG, scaled } from './journals.js'

/** Run a fate; one that breaks the law says which it was, so that it can be run alone. */
async function survives(fate: Fate): Promise<void> {
  try {
    await crashRun(fate)
  } catch (error) {
    throw new Error(`${JSON.stringify(fate)}: ${(error as Error).message}`, { cause: error })
  }
}

describe.each(WORKS)('journals that %s', LONG, (work) => {
  it('keep what they confirmed at a power cut before any operation', async () => {
    const { operations } = await crashRun({ work })
    expect(operations).toBeGreaterThan(90)
    for (let crashAt = 0; crashAt <= operations; crashAt++) await survives({ work, crashAt })
  })

  it('keep it whatever else survives the power cut', async () => {
    const { operations } = await crashRun({ work })
    const seeds = scaled(3, 200)
    for (let seed = 0; seed < seeds; seed++) {
      for (let crashAt = 0; crashAt <= operations; crashAt++) await survives({ work, crashAt, seed })
    }
  })

  it('keep it when they are killed, and the power fails the next process', async () => {
    const { operations } = await crashRun({ work })
    const seeds = scaled(1, 50)
    for (let crashAt = 0; crashAt <= operations; crashAt++) {
      for (const idle of [false, true]) {
        await survives({ work, crashAt, killed: true, idle })
        for (let seed = 0; seed < seeds; seed++) await survives({ work, crashAt, killed: true, idle, seed })
      }
    }
  })

  it('keep it when a write or a sync fails before, and have nothing that they refused', async () => {
    const { operations, syncs } = await crashRun({ work })
    const next = random(7)
    for (let faultAt = 0; faultAt < 2 * syncs[0].length; faultAt++) {
      await survives({ work, faultAt })
      for (let turn = 0; turn < scaled(4, 200); turn++) {
        const crashAt = Math.floor(next() * (operations + 5))
        await survives({ work, faultAt, crashAt, seed: turn, killed: turn % 3 === 0 })
      }
    }
  })
})
