import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DownloadedFrames, DownloadOptions, TelopsCamera } from 'framewire/telops'
import { describe, expect, it, onTestFinished } from 'vitest'
import { streamChannel } from '../../ts/gige-vision/bootstrap.js'
import { telopsFrame } from '../../ts/simulator/telops/formula.js'
import type { TelopsSimulatorOptions } from '../../ts/simulator/telops/options.js'
import { start } from '../gige/process.js'
import { expectShown } from './lossy-download.js'
import { registerValues } from './register-values.js'
import { opened, record, simulated, until } from './simulated.js'

const SIZE: [width: number, height: number] = [128, 128]
const FRAMES = 400
/** As many bytes of image as packets of Ethernet have. */
const PACKET_SIZE = 1500

/** A camera that is in control of a simulated one, in the buffer of which there are frames. */
async function recordedCamera(options: TelopsSimulatorOptions = {}, frames = FRAMES) {
  const simulator = await simulated({ ringDeadMs: 0, bandwidthMBps: 60, ...options })
  const camera = await opened(simulator)
  await record(camera, { frames, resolution: SIZE })
  return { simulator, camera }
}

function downloadCounts(camera: TelopsCamera, options: DownloadOptions = {}): Promise<DownloadedFrames> {
  return camera.bufferDownload({ convert: false, packetSize: PACKET_SIZE, ...options })
}

function expectFrames({ data, shape }: DownloadedFrames, frames = FRAMES): void {
  expect(shape).toEqual([frames, SIZE[1], SIZE[0]])
  const pixels = SIZE[0] * SIZE[1]
  for (let frame = 0; frame < frames; frame++) {
    const came = data.subarray(frame * pixels, (frame + 1) * pixels)
    const isShown = Buffer.from(came.buffer, came.byteOffset, came.byteLength).equals(
      Buffer.from(telopsFrame(frame + 1, ...SIZE).buffer),
    )
    if (!isShown) expect.fail(`frame ${frame + 1} is not what the camera showed`)
  }
}

/** Do something once, as soon as a download has brought this part of its frames. */
function atPart(part: number, act: () => unknown): DownloadOptions['onProgress'] {
  let isDone = false
  return ({ done, frames }) => {
    if (isDone || done < part * frames) return
    isDone = true
    void act()
  }
}

describe('a download', () => {
  it('keeps frames apart that the camera sends late, in the session behind theirs', async () => {
    const faults = { loss: 0.01, lateStopMs: 60 }
    const { camera } = await recordedCamera({ seed: 3, faults })
    const downloaded = await downloadCounts(camera, { resend: false })
    expectFrames(downloaded)
    expect(downloaded.statistics.sessions).toBeGreaterThan(1)
    // Those of a part of the recording, too, behind which others follow.
    for (const first of [100, 50, 0]) {
      const { data, shape } = await downloadCounts(camera, { first, count: 20 })
      expect(shape[0]).toBe(20)
      const shown = telopsFrame(first + 1, ...SIZE)
      expect(data.subarray(0, shown.length)).toEqual(shown)
    }
  })

  it('tells that the camera left out every other frame, as with a packet delay', async () => {
    const { camera } = await recordedCamera({ bandwidthMBps: 20 })
    const { packetDelay } = streamChannel(0)
    const before = await registerValues(camera)
    const download = downloadCounts(camera, {
      onProgress: atPart(0.1, () => camera.writeRegister(packetDelay, 10)),
    })
    await expect(download).rejects.toMatchObject({
      code: 'telops/frame-integrity',
      message: expect.stringContaining('download again'),
      details: { nIncomplete: 0, nStrideGaps: expect.any(Number) },
    })
    expect(camera.lastDownloadStats!.nStrideGaps).toBeGreaterThan(FRAMES / 2)
    expect(await registerValues(camera)).toEqual(before)
    // The pause is set to nothing before each download.
    await camera.setPacketDelay(1000)
    expectFrames(await downloadCounts(camera))
    expect(await camera.packetDelay()).toBe(1000)
  })

  it('comes whole out of a camera that fails for moments', async () => {
    const camera = await opened(await simulated({ seed: 11, faults: { genericError: 0.1 } }))
    await camera.configure({ resolution: SIZE, frameRateHz: 5000 })
    await camera.bufferConfigure({ framesPerSequence: FRAMES })
    await camera.bufferRecord()
    expectFrames(await downloadCounts(camera))
  })

  it('that the death of its process broke off goes on where it was', async () => {
    const frames = 2000
    const { simulator, camera } = await recordedCamera({ bandwidthMBps: 12 }, frames)
    await camera.close()
    const folder = mkdtempSync(join(tmpdir(), 'framewire-resume-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'recording.npy')
    const script = fileURLToPath(new URL('broken-off-host.mjs', import.meta.url))
    const host = start(process.execPath, [script, simulator.address, file])
    onTestFinished(() => host.stop())
    // By then what came was put on disk for good, and noted, at least once.
    await host.line(/^0\.[6-9]/, 30_000)
    process.kill(host.pid, 'SIGKILL')
    await host.ended()
    // Heartbeats stay away: it may be opened again soon.
    const again = await opened(simulator)
    const statistics = await again.bufferDownloadTo(file, {
      convert: false,
      packetSize: PACKET_SIZE,
      resume: true,
    })
    expect(statistics).toMatchObject({ nFrames: frames, nIncomplete: 0 })
    expect(statistics.nBefore).toBeGreaterThan(0)
    expect(statistics.nBefore).toBeLessThan(frames)
    expectShown(file, frames, SIZE)
  })

  it('ends with a word when the camera restarts in the middle of it', async () => {
    const { simulator, camera } = await recordedCamera({ bandwidthMBps: 12 })
    const download = downloadCounts(camera, { onProgress: atPart(0.1, () => simulator.restart()) })
    await expect(download).rejects.toMatchObject({ code: 'gige/control-lost' })
    await until('the camera is back', () => simulator.statistics.restarts === 1)
    const again = await opened(simulator)
    // What was recorded is gone with its power.
    await expect(downloadCounts(again)).rejects.toMatchObject({ code: 'telops/no-frames' })
  })
})
