import { closeSync, openSync, readSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DownloadOptions, DownloadStatistics } from 'framewire/telops'
import { expect } from 'vitest'
import { telopsFrame } from '../../ts/simulator/telops/formula.js'
import type { TelopsFaults } from '../../ts/simulator/telops/options.js'
import { createTelopsSimulator } from '../../ts/simulator/telops/simulator.js'
import type { Link } from '../gige/network.js'
import { WASM } from '../simulator/host.js'
import { hearingCommands } from './heard-commands.js'
import { SentFrames } from './sent-frames.js'

/** A download through a network that loses something. */
export interface LossyDownload {
  frames: number
  resolution: [width: number, height: number]
  seed: number
  faults: TelopsFaults
  /** The camera's link. */
  bandwidthMBps?: number
  options: Pick<DownloadOptions, 'packetSize' | 'resend' | 'retries'>
}

/** What came of it. */
export interface DownloadResult {
  statistics: Omit<DownloadStatistics, 'perFrameMissing'>
  /** Ids of frames of which the camera never sent some pixels, by its own record. */
  incomplete: number[]
}

const HOST = fileURLToPath(new URL('download-host.mjs', import.meta.url))
/** A link that a simulated camera and a host on few busy processors keep up with. */
const BANDWIDTH_MBPS = 60

let downloads = 0

/**
 * Let a camera here record, and our host there download it into a file. Frames that are said to be whole have to be what
 * the camera showed; those that are said to be incomplete have to be those that are by the camera's record.
 */
export async function lossyDownload(
  link: Link,
  { frames, resolution, seed, faults, bandwidthMBps = BANDWIDTH_MBPS, options }: LossyDownload,
): Promise<DownloadResult> {
  const sent: SentFrames = new SentFrames(() => camera.statistics.frames)
  const camera = await createTelopsSimulator({
    address: link.here,
    device: link.device,
    seed,
    faults,
    bandwidthMBps,
    ringDeadMs: 0,
    recordFrames: 10 * frames,
    ringFrames: 256,
    datagrams: hearingCommands((command) => sent.hear(command)),
    files: { wasmUrl: WASM },
  })
  const file = join(tmpdir(), `framewire-lossy-${process.pid}-${downloads++}.npy`)
  try {
    const task = { address: link.here, frames, resolution, file, options }
    const lifetimeMs = 30_000 + 50 * frames
    const host = link.run('there', process.execPath, [HOST, JSON.stringify(task)], { lifetimeMs })
    const [line] = await host.line(/^\{.*\}$/, lifetimeMs)
    const { statistics, error } = JSON.parse(line)
    await host.ended()
    const incomplete = sent.incomplete(camera.records())
    expect(statistics.incompleteFrameIds, 'frames that are incomplete by the camera, too').toEqual(incomplete)
    expect(error).toBe(incomplete.length > 0 ? 'telops/frame-integrity' : undefined)
    expectShown(file, frames, resolution, new Set(incomplete))
    return { statistics, incomplete }
  } finally {
    await camera.close()
    rmSync(file, { force: true })
    rmSync(`${file}.download`, { force: true })
  }
}

/** Every frame of a file but those has to be what the camera showed. */
export function expectShown(
  file: string,
  frames: number,
  [width, height]: readonly [number, number],
  incomplete: ReadonlySet<number> = new Set(),
): void {
  const bytes = Buffer.alloc(2 * width * height)
  const headerBytes = statSync(file).size - frames * bytes.length
  expect(headerBytes).toBeLessThanOrEqual(128)
  const descriptor = openSync(file, 'r')
  try {
    for (let frame = 0; frame < frames; frame++) {
      readSync(descriptor, bytes, 0, bytes.length, headerBytes + frame * bytes.length)
      if (incomplete.has(frame + 1)) continue
      const shown = Buffer.from(telopsFrame(frame + 1, width, height).buffer)
      if (!bytes.equals(shown)) expect.fail(`frame ${frame + 1} is not what the camera showed`)
    }
  } finally {
    closeSync(descriptor)
  }
}
