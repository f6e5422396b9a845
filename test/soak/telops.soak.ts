import { afterAll, expect, it } from 'vitest'
import { layLink } from '../gige/network.js'
import { describeWithLink } from '../gige/suite.js'
import { type LossCell, TABLE } from '../telops/loss-cells.js'
import { timesTable } from '../telops/loss-times.js'
import { type DownloadResult, lossyDownload } from '../telops/lossy-download.js'

const FRAMES = Number(process.env.FRAMEWIRE_SOAK_FRAMES ?? 35_000)

describeWithLink(`${FRAMES} frames of the buffer, downloaded`, () => {
  const results = new Map<LossCell, DownloadResult>()

  it.each(TABLE.map((cell) => [cell.name, cell] as const))('%s', async (_name, cell) => {
    const link = await layLink({ mtu: cell.mtu })
    try {
      const result = await lossyDownload(link, { ...cell, frames: FRAMES })
      const { loss = 0 } = cell.faults
      // Where nothing can be asked for again, seven passes may all lose one packet of so many.
      if (cell.isRecoverable && (cell.options.resend || loss < 0.05)) expect(result.incomplete).toEqual([])
      results.set(cell, result)
    } finally {
      await link.close()
    }
  })

  afterAll(() => console.log(timesTable(results)))
})
