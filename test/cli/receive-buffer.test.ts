import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { layLink } from '../gige/network.js'
import { describeWithLink } from '../gige/suite.js'
import { runAsNobody } from './cameras.js'
import { CLI, folder } from './command.js'

describeWithLink('a receive buffer', () => {
  // 1.5 bytes of buffer for each byte, 50 ms of frames of 1 MiB.
  it.each([
    [1, 78_644],
    [400, 31_457_280],
  ])('that is small for %i frames of 1 MiB per second is told with what mends it', async (fps, needed) => {
    const link = await layLink({ apart: true })
    onTestFinished(() => link.close())
    const args = ['simulate', 'gige', '--ip', link.here, '--serial', 'SIM8', '--size', '1024x1024']
    const camera = link.run('here', process.execPath, [CLI, ...args, '--fps', String(fps)])
    await camera.line(/SIM8/)
    const at = folder()
    chmodSync(at, 0o777)
    const out = ['-o', join(at, 'shot.npy')]
    const { code, lines } = await runAsNobody(link, 'there', 'grab', '--camera', link.here, ...out)
    expect(code, lines.join('\n')).toBe(0)
    const granted = Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8'))
    const isTold = lines.some((line) => line.startsWith("framewire: The kernel's receive buffer is small: "))
    expect(isTold).toBe(granted < Math.min(needed, 32 * 2 ** 20))
    expect(lines.some((line) => /^\$ echo net\.core\.rmem_max=\d+ \| sudo tee/.test(line))).toBe(isTold)
  })
})
