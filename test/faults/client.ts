import { type FramewireError, type HttpTransport, RHEEDStreamer, TimeseriesStreamer } from 'framewire'
import { CHUNK, framesOf, type Job, POINTS, pointsOf, sampleName, streamName, tagName } from './job.js'

/** What a client made of a stream: an id and no error, or what its caller was told. */
export interface Streamed {
  dataId?: string
  error?: { code: string; message: string }
}

/** Our clients; one upload at a time, so that the order of requests is known. */
export class Clients {
  readonly #frames: RHEEDStreamer
  readonly #series: TimeseriesStreamer

  constructor(access: { endpoint: string; apiKey: string; transport?: HttpTransport }) {
    const options = { ...access, verbosity: 0, clockSync: false, maxUploads: 1 } as const
    this.#frames = new RHEEDStreamer({ ...options, maxWorkers: 1 })
    this.#series = new TimeseriesStreamer({ ...options, pointsPerChunk: POINTS })
  }

  /** Do a job to its end, whatever that is. */
  async stream(job: Job): Promise<Streamed[]> {
    const streamed: Streamed[] = []
    for (let stream = 0; stream < job.streams; stream++) {
      const work =
        job.kind === 'frames'
          ? (begun: Begun) => streamFrames(this.#frames, job, stream, begun)
          : (begun: Begun) => streamSeries(this.#series, job, stream, begun)
      streamed.push(await told(work))
    }
    return streamed
  }

  async close(): Promise<void> {
    await Promise.all([this.#frames.close(), this.#series.close()])
  }
}

type Begun = (dataId: string) => void

async function streamFrames(streamer: RHEEDStreamer, job: Job, stream: number, begun: Begun): Promise<void> {
  const dataId = await streamer.initialize({
    fps: 1,
    rotationsPerMin: 0,
    chunkSize: CHUNK,
    streamName: streamName(job, stream),
    physicalSample: sampleName(job),
    tags: [tagName(job)],
  })
  begun(dataId)
  for (let chunk = 0; chunk < job.chunks; chunk++) streamer.push(dataId, chunk, framesOf(job, stream, chunk))
  await streamer.finalize(dataId)
}

async function streamSeries(
  streamer: TimeseriesStreamer,
  job: Job,
  stream: number,
  begun: Begun,
): Promise<void> {
  const dataId = await streamer.initialize({
    streamName: streamName(job, stream),
    physicalSample: sampleName(job),
    tags: [tagName(job)],
  })
  begun(dataId)
  for (let chunk = 0; chunk < job.chunks; chunk++) {
    const [first, ...others] = job.channels.map((name) => [name, pointsOf(name, chunk)] as const)
    const [channelName, points] = first!
    if (others.length === 0) streamer.push(dataId, { chunkIndex: chunk, channelName, ...points })
    else streamer.pushMulti(dataId, { chunkIndex: chunk, channels: Object.fromEntries([first!, ...others]) })
  }
  await streamer.finalize(dataId)
}

/** What the caller of a stream is told. */
async function told(work: (begun: Begun) => Promise<void>): Promise<Streamed> {
  const streamed: Streamed = {}
  try {
    await work((dataId) => {
      streamed.dataId = dataId
    })
  } catch (thrown) {
    const { code, message } = thrown as FramewireError
    streamed.error = { code: code ?? 'none', message }
  }
  return streamed
}
