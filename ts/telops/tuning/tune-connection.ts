import { nodeDatagrams } from '../../datagrams/open-node.js'
import { FramewireError } from '../../errors.js'
import type { HostFacts } from '../../gige/doctor/host-facts.js'
import { readHostFacts } from '../../gige/doctor/read-host-facts.js'
import { aborted } from '../../upload/http.js'
import { ConnectionReport } from './connection-report.js'
import { connectionWarnings } from './connection-warnings.js'
import {
  fills,
  type PacketSizeProbe,
  type ProbedRecording,
  probePacketSize,
  trialDownload,
} from './packet-size-probe.js'
import { type ConnectionTrial, ranked } from './ranking.js'
import type { ConnectionSetting, TunableCamera } from './tunable-camera.js'
import { type CheckedTuneOptions, checkedTuneOptions, type TuneOptions } from './tune-options.js'

/**
 * Find out how a camera's connection is used best: which packet sizes get through, and with which of them and which
 * bitrate recorded frames come whole and fast. Takes seconds for each setting; the camera is left as it was, and so is
 * what its downloads learned. Apply what was found with {@link ConnectionReport.apply}.
 *
 * Rejects with `telops/no-frames` where nothing is recorded, `telops/option`, `stream/aborted`, `telops/refused`,
 * `gige/...`, `datagrams/...`.
 */
export async function tuneConnection(
  camera: TunableCamera,
  options: TuneOptions = {},
): Promise<ConnectionReport> {
  return tune(camera, options, () => readHostFacts(nodeDatagrams()))
}

/** The same on a host of which the facts are given. */
export async function tune(
  camera: TunableCamera,
  given: TuneOptions,
  hostFacts: () => Promise<HostFacts>,
): Promise<ConnectionReport> {
  const options = checkedTuneOptions(given)
  const recording = await largestRecording(camera)
  const { packetSizes, untried } = triedSizes(options.candidatePacketSizes, recording.frameBytes)
  const host = await hostFacts()
  const probe = await probeSizes(camera, recording, packetSizes, options)
  const carried = probe.filter(({ isCarried }) => isCarried).map(({ packetSize }) => packetSize)
  const settings = settingsOf(carried, options)
  const sweep = options.probeOnly ? [] : ranked(await sweepSettings(camera, recording, settings, options))
  const best = sweep[0] ?? settings[0]
  return new ConnectionReport({
    recommended: best && settingOf(best),
    sweep,
    probe,
    warnings: connectionWarnings({ host, camera: camera.identity, probe, sweep, untried }),
  })
}

/** The sequence with the most frames. */
async function largestRecording(camera: TunableCamera): Promise<ProbedRecording> {
  const { recorded } = await camera.bufferInfo()
  const frames = Math.max(0, ...recorded)
  if (frames === 0) {
    throw new FramewireError(
      'telops/no-frames',
      'Nothing is recorded to tune the connection with. Call bufferRecord before; while the camera records, wait for its end.',
      { sequence: 0 },
    )
  }
  const sequence = recorded.indexOf(frames)
  const { width, height } = await camera.bufferSequence(sequence)
  return { sequence, frames, frameBytes: width * height * 2 }
}

/** Sizes that frames of the recording prove something of; the smallest in any case. */
function triedSizes(candidates: readonly number[], frameBytes: number) {
  const smallest = candidates.at(-1)!
  const isTried = (size: number) => size === smallest || fills(frameBytes, size)
  return { packetSizes: candidates.filter(isTried), untried: candidates.filter((size) => !isTried(size)) }
}

async function probeSizes(
  camera: TunableCamera,
  recording: ProbedRecording,
  packetSizes: readonly number[],
  { candidateBitratesMbps, candidateReceiveBufferBytes, signal, onProgress }: CheckedTuneOptions,
): Promise<PacketSizeProbe[]> {
  const bitrateMbps = candidateBitratesMbps.at(-1)!
  const receiveBufferBytes = candidateReceiveBufferBytes[0]!
  const probe: PacketSizeProbe[] = []
  for (const packetSize of packetSizes) {
    if (signal?.aborted) throw aborted('tuning', signal)
    const setting = { packetSize, bitrateMbps, receiveBufferBytes, signal }
    const result = await probePacketSize(camera, recording, setting)
    probe.push(result)
    onProgress?.({ kind: 'probe', done: probe.length, of: packetSizes.length, result })
  }
  return probe
}

/** All there are, the most promising first. */
function settingsOf(
  packetSizes: readonly number[],
  { candidateBitratesMbps, candidateReceiveBufferBytes }: CheckedTuneOptions,
): ConnectionSetting[] {
  return packetSizes.flatMap((packetSize) =>
    candidateBitratesMbps.flatMap((bitrateMbps) =>
      candidateReceiveBufferBytes.map((receiveBufferBytes) => ({
        packetSize,
        bitrateMbps,
        receiveBufferBytes,
      })),
    ),
  )
}

async function sweepSettings(
  camera: TunableCamera,
  { sequence, frames }: ProbedRecording,
  settings: readonly ConnectionSetting[],
  { testFrames, signal, onProgress }: CheckedTuneOptions,
): Promise<ConnectionTrial[]> {
  const count = Math.min(frames, testFrames)
  const nothing = { nFrames: count, nIncomplete: count, nStrideGaps: 0, throughputMBps: 0, elapsedSeconds: 0 }
  const sweep: ConnectionTrial[] = []
  for (const setting of settings) {
    if (signal?.aborted) throw aborted('tuning', signal)
    const statistics = await trialDownload(camera, { ...setting, sequence, count, signal })
    const { nFrames, nIncomplete, nStrideGaps, throughputMBps, elapsedSeconds } = statistics ?? nothing
    const result = { ...setting, nFrames, nIncomplete, nStrideGaps, throughputMBps, elapsedSeconds }
    sweep.push(result)
    onProgress?.({ kind: 'sweep', done: sweep.length, of: settings.length, result })
  }
  return sweep
}

function settingOf({ packetSize, bitrateMbps, receiveBufferBytes }: ConnectionSetting): ConnectionSetting {
  return { packetSize, bitrateMbps, receiveBufferBytes }
}
