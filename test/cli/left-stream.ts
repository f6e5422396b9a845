import { journalFolder, RHEEDStreamer, TimeseriesStreamer } from 'framewire'
import { originOf } from '../../ts/cli/origin.js'
import { recordedChunks } from '../../ts/cli/recorded-chunks.js'
import { type FileOptions, openFile } from '../../ts/cli/recording.js'
import type { Scale } from '../../ts/frames/conversion.js'
import { KEY } from './command.js'

/** The streams that are left here: 4 frames a second, chunks of 8. */
const STREAM = { fps: 4, rotationsPerMin: 0, chunkSize: 8 }
export const CAPTURE_START_MS = 1_700_000_000_123

/** Where a stream was begun, and its journal. */
export interface Place {
  endpoint: string
  journal: string
}

/**
 * A stream of a recording that ended when these chunks were journaled, as `framewire stream` leaves it; without a
 * recording, as another program. Answers its id.
 */
export async function leftFrames(
  { endpoint, journal }: Place,
  file: string,
  indexes: readonly number[],
  how: { reading?: FileOptions; scale?: Scale; isOwn?: boolean; keep?: boolean } = {},
): Promise<string> {
  const { reading = {}, scale, isOwn = true, keep } = how
  const streamer = new RHEEDStreamer({ ...connection(endpoint, journal), maxWorkers: 1 })
  const source = await openFile(file, reading)
  const origin = isOwn ? await originOf(file, reading, source, CAPTURE_START_MS) : { camera: 7 }
  const dataId = await streamer.initialize({ ...STREAM, scale, keep, origin })
  const cut = { ...STREAM, captureStartMs: CAPTURE_START_MS }
  await streamer.run(dataId, recordedChunks(source, cut, indexes), { pace: 'none', indexes })
  await streamer.close()
  await source.close()
  return dataId
}

/** A stream of channels that its program left when three chunks were journaled. Answers its id. */
export async function leftSeries({ endpoint, journal }: Place, finalize = false): Promise<string> {
  const streamer = new TimeseriesStreamer(connection(endpoint, journal))
  const dataId = await streamer.initialize({ streamName: 'heater' })
  for (const chunkIndex of [0, 1]) {
    const timestamps = [1000 + chunkIndex, 1000.5 + chunkIndex]
    const values = [20 + chunkIndex, Number.NaN]
    await streamer.push(dataId, { chunkIndex, channelName: 'heater', timestamps, values, units: 'C' })
      .journaled
  }
  const channels = {
    heater: { timestamps: [1002], values: [22] },
    pressure: { timestamps: [1002], values: [1e-9], units: 'mbar' },
  }
  await streamer.pushMulti(dataId, { chunkIndex: 2, channels }).journaled
  if (finalize) await streamer.finalize(dataId, { drainTimeoutMs: 0 }).catch(() => undefined)
  await streamer.close()
  return dataId
}

function connection(endpoint: string, journal: string) {
  return { apiKey: KEY, endpoint, journal: journalFolder(journal), clockSync: false, verbosity: 0 } as const
}
