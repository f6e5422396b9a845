import { afterAll, expect, it } from 'vitest'
import { layLink } from '../gige/network.js'
import { describeWithLink } from '../gige/suite.js'
import { type LossCell, SELECTED } from './loss-cells.js'
import { timesTable } from './loss-times.js'
import { type DownloadResult, lossyDownload } from './lossy-download.js'

const FRAMES = 1000

describeWithLink(`${FRAMES} frames of the buffer, downloaded`, () => {
  const results = new Map<LossCell, DownloadResult>()

  it.each(SELECTED.map((cell) => [cell.name, cell] as const))('%s', async (_name, cell) => {
    const link = await layLink({ mtu: cell.mtu })
    try {
      const result = await lossyDownload(link, { ...cell, frames: FRAMES })
      const isWhole = result.incomplete.length === 0
      expect(isWhole, `incomplete: ${result.incomplete}`).toBe(cell.isRecoverable)
      results.set(cell, result)
    } finally {
      await link.close()
    }
  })

  afterAll(() => console.log(timesTable(results)))
})
