import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createTelopsSimulator, type TelopsSimulator } from '../../ts/simulator/telops/simulator.js'
import { type Link, layLink } from '../gige/network.js'
import { PYTHON, script } from '../gige/peers/peers.js'
import { describeWithPeers } from '../gige/suite.js'
import { WASM } from '../simulator/host.js'

const FRAMES = 1000
const RESOLUTION = [128, 128] as const
const PIXELS = FRAMES * RESOLUTION[0] * RESOLUTION[1]
/** A link that pyTelops keeps up with on a busy machine. */
const BANDWIDTH_MBPS = 40
/** A step of float32 where pyTelops adds kelvin. */
const MOST_APART_C = 2 ** -15

describeWithPeers('a recording that our driver and pyTelops download', [PYTHON], () => {
  let link: Link
  let camera: TelopsSimulator
  let folder: string
  beforeEach(async () => {
    link = await layLink({ mtu: 9000 })
    camera = await createTelopsSimulator({
      address: link.here,
      device: link.device,
      bandwidthMBps: BANDWIDTH_MBPS,
      ringDeadMs: 0,
      files: { wasmUrl: WASM },
    })
    folder = mkdtempSync(join(tmpdir(), 'framewire-arrays-'))
  })
  afterEach(async () => {
    await camera?.close()
    await link?.close()
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  /** Let our host record and download; the pixels, without what a .npy file has above them. */
  async function ours(convert: boolean): Promise<Buffer> {
    const file = join(folder, `ours-${convert}.npy`)
    const task = { address: link.here, frames: FRAMES, resolution: RESOLUTION, file, options: { convert } }
    const path = fileURLToPath(new URL('download-host.mjs', import.meta.url))
    const host = link.run('there', process.execPath, [path, JSON.stringify(task)])
    const [line] = await host.line(/^\{.*\}$/, 60_000)
    expect(JSON.parse(line)).toMatchObject({ statistics: { nIncomplete: 0 } })
    await host.ended()
    const bytes = readFileSync(file)
    return bytes.subarray(bytes.length - PIXELS * (convert ? 4 : 2))
  }

  it('is the same counts, and temperatures but for what pyTelops rounds away', async () => {
    const [counts, values] = [await ours(false), await ours(true)]
    const steps = [
      ['counts', 'buffer_download', { sequence: 0, convert: false }],
      ['values', 'buffer_download', { sequence: 0 }],
    ]
    const task = { camera: link.here, host: link.there, into: folder, steps }
    const [line] = await script(link, 'pytelops_host.py', [JSON.stringify(task)]).line(/^\{.*\}$/, 60_000)
    const shape = [FRAMES, RESOLUTION[1], RESOLUTION[0]]
    expect(JSON.parse(line)).toEqual({
      counts: { shape, dtype: 'uint16' },
      values: { shape, dtype: 'float32' },
    })
    expect(readFileSync(join(folder, 'counts')).equals(counts)).toBe(true)
    const theirs = readFileSync(join(folder, 'values'))
    let most = 0
    for (let at = 0; at < 4 * PIXELS; at += 4) {
      most = Math.max(most, Math.abs(theirs.readFloatLE(at) - values.readFloatLE(at)))
    }
    expect(most).toBeLessThanOrEqual(MOST_APART_C)
    expect(most, 'pyTelops rounds after each step').toBeGreaterThan(0)
  })
})
