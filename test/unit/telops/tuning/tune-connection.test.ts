import { describe, expect, it } from 'vitest'
import { FramewireError } from '../../../../ts/errors.js'
import type { HostFacts } from '../../../../ts/gige/doctor/host-facts.js'
import { tune } from '../../../../ts/telops/tuning/tune-connection.js'
import type { TuneOptions, TuneProgress } from '../../../../ts/telops/tuning/tune-options.js'
import { adapter, host } from '../../gige-doctor/facts.js'
import { type FakeCamera, FRAME_BYTES, fakeCamera, missingOf, type TrialOptions } from './fake-camera.js'

const MiB32 = 32 * 2 ** 20
const JUMBO_HOST = host({ interfaces: [adapter({ mtu: 9000 })] })

function tuned(camera: FakeCamera, options: TuneOptions = {}, facts: HostFacts = JUMBO_HOST) {
  return tune(camera, options, async () => facts)
}

/** A path that carries packets up to a size. Of larger ones the short last packet of a frame comes alone. */
function pathOf(largest: number, outcome: (options: TrialOptions) => object = () => ({})) {
  return (options: TrialOptions) => {
    if (options.packetSize! <= largest) return outcome(options)
    const last = FRAME_BYTES % (options.packetSize! - 36)
    return { missing: missingOf(options.count!, FRAME_BYTES - last), throughputMBps: 0 }
  }
}

const isProbe = ({ count }: TrialOptions) => count === 4

describe('tuneConnection', () => {
  it('recommends the fastest of what comes whole', async () => {
    const camera = fakeCamera(
      pathOf(9000, ({ bitrateMbps, packetSize, count }) =>
        bitrateMbps === 1000
          ? { missing: missingOf(1, 100), throughputMBps: 110 }
          : { throughputMBps: (bitrateMbps! / 10) * (packetSize === 9000 ? 1 : 0.9), count },
      ),
    )
    const report = await tuned(camera)
    expect(report.recommended).toEqual({ packetSize: 9000, bitrateMbps: 700, receiveBufferBytes: MiB32 })
    expect(report.sweep).toHaveLength(16)
    expect(report.sweep[0]).toMatchObject({ packetSize: 9000, bitrateMbps: 700, nIncomplete: 0 })
    expect(report.sweep.slice(-4).every(({ bitrateMbps }) => bitrateMbps === 1000)).toBe(true)
  })

  it('probes the sizes slowly, the largest first, and sweeps those alone that get through', async () => {
    const camera = fakeCamera(pathOf(8000))
    const report = await tuned(camera)
    const probes = camera.asked.filter(isProbe)
    expect(probes.map(({ packetSize }) => packetSize)).toEqual([16_260, 9000, 8000, 4000, 1500])
    expect(new Set(probes.map(({ bitrateMbps }) => bitrateMbps))).toEqual(new Set([300]))
    expect(report.probe.map(({ isCarried }) => isCarried)).toEqual([false, false, true, true, true])
    const sweeps = camera.asked.filter((options) => !isProbe(options))
    expect(new Set(sweeps.map(({ packetSize }) => packetSize))).toEqual(new Set([8000, 4000, 1500]))
    expect(sweeps.map(({ bitrateMbps }) => bitrateMbps).slice(0, 4)).toEqual([1000, 700, 500, 300])
  })

  it('takes a size for carried where packets of it come, however many are lost', async () => {
    // One packet of each frame comes, in which all others are missing.
    const one = 9000 - 36
    const camera = fakeCamera(({ count }) => ({ missing: missingOf(count!, FRAME_BYTES - one) }))
    const report = await tuned(camera, { candidatePacketSizes: [9000], probeOnly: true })
    expect(report.probe).toEqual([{ packetSize: 9000, isCarried: true, nFrames: 4, nIncomplete: 4 }])
  })

  it('does not take a size for carried of which the camera makes another', async () => {
    const camera = fakeCamera(({ packetSize }) => ({ packetSizeUsed: Math.min(packetSize!, 9000) }))
    const report = await tuned(camera, { probeOnly: true })
    expect(report.probe.map(({ isCarried }) => isCarried)).toEqual([false, true, true, true, true])
    expect(report.recommended!.packetSize).toBe(9000)
  })

  it('goes on with smaller packets where the camera refuses larger ones, but not below those of Ethernet', async () => {
    const refusing = (above: number) =>
      fakeCamera(({ packetSize }) => {
        if (packetSize! <= above) return {}
        throw new FramewireError('gige/refused', 'refused', {
          address: '192.168.5.10',
          command: 'to write a register',
          status: 0x8002,
          statusName: 'INVALID_PARAMETER',
        })
      })
    const report = await tuned(refusing(8000), { probeOnly: true })
    expect(report.recommended!.packetSize).toBe(8000)
    await expect(tuned(refusing(0))).rejects.toMatchObject({ code: 'gige/refused' })
  })

  it('downloads without recovery, and learns nothing on the way', async () => {
    const camera = fakeCamera()
    await tuned(camera, { candidatePacketSizes: [1500], candidateBitratesMbps: [500], testFrames: 100 })
    expect(camera.asked.at(-1)).toMatchObject({
      packetSize: 1500,
      bitrateMbps: 500,
      receiveBufferBytes: MiB32,
      count: 100,
      convert: false,
      resend: false,
      retries: 0,
      maxDroppedFrames: Number.POSITIVE_INFINITY,
      verifyOrder: false,
    })
    expect(camera.applied).toEqual([])
  })

  it('downloads of the sequence with the most frames, and no more than there are', async () => {
    const camera = fakeCamera(undefined, { recorded: [0, 3, 50, 20] })
    const report = await tuned(camera, { candidatePacketSizes: [1500], candidateBitratesMbps: [500] })
    expect(camera.asked.map(({ sequence, count }) => [sequence, count])).toEqual([
      [2, 4],
      [2, 50],
    ])
    expect(report.sweep[0]!.nFrames).toBe(50)
  })

  it('sweeps over receive buffers that are named', async () => {
    const buffers = [2 ** 20, 2 ** 24]
    const camera = fakeCamera(({ receiveBufferBytes }) => ({
      missing: receiveBufferBytes === 2 ** 20 ? [1] : [],
    }))
    const report = await tuned(camera, { candidateReceiveBufferBytes: buffers })
    expect(report.sweep).toHaveLength(5 * 4 * 2)
    expect(report.recommended!.receiveBufferBytes).toBe(2 ** 24)
  })

  it('can try packet sizes alone', async () => {
    const camera = fakeCamera(pathOf(4000))
    const report = await tuned(camera, { probeOnly: true })
    expect(report.sweep).toEqual([])
    expect(report.recommended).toEqual({ packetSize: 4000, bitrateMbps: 1000, receiveBufferBytes: MiB32 })
    expect(camera.asked.every(isProbe)).toBe(true)
  })

  it('recommends the least bad where every download loses frames, and says so', async () => {
    const lost = (packetSize: number) => missingOf(packetSize === 9000 ? 30 : 250, 1464)
    const camera = fakeCamera(
      pathOf(9000, ({ packetSize, bitrateMbps }) => ({
        missing: lost(packetSize!),
        throughputMBps: bitrateMbps! / 10,
      })),
    )
    const report = await tuned(camera)
    expect(report.recommended).toMatchObject({ packetSize: 9000, bitrateMbps: 1000 })
    expect(report.warnings).toContainEqual(
      expect.objectContaining({ check: 'stream', subject: 'camera', name: 'SN-7', level: 'warning' }),
    )
  })

  it.each([
    ['the camera sends nothing', () => 'silence' as const],
    ['no packet of any size comes', pathOf(0)],
  ])('recommends nothing where %s', async (_, answer) => {
    const camera = fakeCamera(answer)
    const report = await tuned(camera)
    expect(report.recommended).toBeUndefined()
    expect(report.sweep).toEqual([])
    expect(report.probe.every(({ isCarried }) => !isCarried)).toBe(true)
    expect(report.warnings).toContainEqual(expect.objectContaining({ check: 'stream', level: 'error' }))
    expect(() => report.apply(camera)).toThrowError(
      expect.objectContaining({ code: 'telops/no-recommendation' }),
    )
    expect(camera.applied).toEqual([])
  })

  it('counts a download of which nothing comes as lost, and goes on', async () => {
    const camera = fakeCamera((options) =>
      !isProbe(options) && options.bitrateMbps === 1000 ? 'silence' : { throughputMBps: 30 },
    )
    const report = await tuned(camera, { candidatePacketSizes: [1500], candidateBitratesMbps: [1000, 300] })
    expect(report.recommended!.bitrateMbps).toBe(300)
    expect(report.sweep[1]).toMatchObject({ nFrames: 300, nIncomplete: 300, throughputMBps: 0 })
  })

  it('applies what it recommends', async () => {
    const camera = fakeCamera(pathOf(8000))
    const report = await tuned(camera, { candidateBitratesMbps: [500] })
    report.apply(camera)
    expect(camera.applied).toEqual([[8000, 500, MiB32]])
  })

  it('tells how far it is', async () => {
    const told: TuneProgress[] = []
    const camera = fakeCamera(pathOf(4000))
    await tuned(camera, {
      candidatePacketSizes: [9000, 1500],
      candidateBitratesMbps: [1000, 300],
      onProgress: (progress) => told.push(progress),
    })
    expect(told.map(({ kind, done, of }) => [kind, done, of])).toEqual([
      ['probe', 1, 2],
      ['probe', 2, 2],
      ['sweep', 1, 2],
      ['sweep', 2, 2],
    ])
    expect(told[0]!.result).toMatchObject({ packetSize: 9000, isCarried: false })
  })

  it.each([0, 3, 6, 20])('ends at once when it is aborted after %i downloads', async (after) => {
    const stopping = new AbortController()
    const camera: FakeCamera = fakeCamera(() => {
      if (camera.asked.length === after) stopping.abort()
      return {}
    })
    if (after === 0) stopping.abort()
    const tuning = tuned(camera, { signal: stopping.signal })
    await expect(tuning).rejects.toMatchObject({ code: 'stream/aborted' })
    expect(camera.asked).toHaveLength(after)
    expect(camera.applied).toEqual([])
  })

  it('hands the signal on, and rejects as a download does', async () => {
    const { signal } = new AbortController()
    const camera = fakeCamera(() => {
      throw new RangeError('a fault of the download')
    })
    await expect(tuned(camera, { signal })).rejects.toThrow('a fault of the download')
    expect(camera.asked[0]!.signal).toBe(signal)
  })

  it('asks for a recording first', async () => {
    const tuning = tuned(fakeCamera(undefined, { recorded: [0, 0] }))
    await expect(tuning).rejects.toMatchObject({
      code: 'telops/no-frames',
      message: expect.stringContaining('bufferRecord'),
    })
    await expect(tuned(fakeCamera(undefined, { recorded: [] }))).rejects.toMatchObject({
      code: 'telops/no-frames',
    })
  })

  it.each<[string, TuneOptions]>([
    ['candidatePacketSizes', { candidatePacketSizes: [] }],
    ['candidatePacketSizes', { candidatePacketSizes: [1500, 575] }],
    ['candidatePacketSizes', { candidatePacketSizes: [65_536] }],
    ['candidateBitratesMbps', { candidateBitratesMbps: [0] }],
    ['candidateBitratesMbps', { candidateBitratesMbps: [Number.NaN] }],
    ['candidateReceiveBufferBytes', { candidateReceiveBufferBytes: [0.5] }],
    ['testFrames', { testFrames: 0 }],
    ['testFrames', { testFrames: 1.5 }],
  ])('refuses %s of %j before anything is sent', async (option, options) => {
    const camera = fakeCamera()
    await expect(tuned(camera, options)).rejects.toMatchObject({ code: 'telops/option', details: { option } })
    expect(camera.asked).toEqual([])
  })

  it('leaves out sizes that the recorded frames do not fill, and says so', async () => {
    // 64 x 18 pixels with header rows: 2,304 bytes.
    const camera = fakeCamera(undefined, { height: 18 })
    const report = await tuned(camera, { probeOnly: true })
    expect(report.probe.map(({ packetSize }) => packetSize)).toEqual([1500])
    expect(report.warnings).toContainEqual(
      expect.objectContaining({ check: 'path', details: { untried: [16_260, 9000, 8000, 4000] } }),
    )
  })

  it('tries the smallest size even with frames of one packet', async () => {
    const camera = fakeCamera(undefined, { height: 6 })
    const report = await tuned(camera, { probeOnly: true })
    expect(report.recommended!.packetSize).toBe(1500)
  })
})
