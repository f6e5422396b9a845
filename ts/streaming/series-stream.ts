import { FramewireError, isFramewireError } from '../errors.js'
import type { IngestApi } from '../upload/api.js'
import { UploadDriver, type UploadProgress } from '../upload/driver.js'
import { endSeriesStream, SERIES_PATHS, seriesChunkBody, seriesMultiBody } from '../upload/series-requests.js'
import type { ClockOffset } from '../upload/server-clock.js'
import type { MemoryBudget } from './budget.js'
import type { Logger } from './log.js'
import type { CheckedPoints } from './series-points.js'
import { type SeriesChunkReceipt, type SeriesReceipt, seriesReceipt } from './series-receipt.js'

/** What `push` gives back. It may be left unawaited; a failure is on the receipt too. */
export interface SeriesHandle {
  readonly index: number
  /** The service has acknowledged the chunk. */
  readonly stored: Promise<void>
}

/** What a stream is made with. */
export interface SeriesStreamParts {
  api: IngestApi
  budget: MemoryBudget
  maxUploads: number
  log: Logger
  /** The service's clock, once it is measured. */
  clock(): ClockOffset | undefined
  /** Told of every change of a chunk. */
  onChange(chunk: SeriesChunkReceipt): void
}

interface Item {
  readonly index: number
  /** The channels: each sends its chunks in order, one at a time. */
  readonly lanes: readonly string[]
  readonly path: string
  body: string
  readonly receipt: SeriesChunkReceipt
}

interface Pushed {
  digest: number
  points: number
  receipt: SeriesChunkReceipt
  stored: Promise<void>
}

interface Channel {
  units?: string
  readonly chunks: Map<number, Pushed>
}

/** Upper estimate of what a pending chunk takes: two numbers of a point as text, and the rest of the body. */
const POINT_BYTES = 48
const CHUNK_BYTES = 512

/** One scalar stream: its chunks from `push` to stored, and what became of each. */
export class SeriesStream {
  readonly dataId: string
  readonly #parts: SeriesStreamParts
  readonly #driver: UploadDriver<Item>
  readonly #channels = new Map<string, Channel>()
  readonly #chunks: SeriesChunkReceipt[] = []
  #finalized = false

  constructor(dataId: string, parts: SeriesStreamParts) {
    this.dataId = dataId
    this.#parts = parts
    const { api, maxUploads } = parts
    this.#driver = new UploadDriver<Item>({
      maxUploads,
      put: async ({ path, body }, _url, signal) => {
        await api.send({ method: 'POST', path, body, signal })
        return { proof: 'status' }
      },
      askKey: () => api.renewKey(),
      onProgress: (progress) => this.#note(progress),
      clock: api.clock,
      random: api.random,
    })
  }

  /** Bytes that a chunk of these channels takes of the memory budget until it is settled. */
  static bytes(channels: ReadonlyMap<string, CheckedPoints>): number {
    let points = 0
    for (const { values } of channels.values()) points += values.length
    return CHUNK_BYTES + POINT_BYTES * points
  }

  /**
   * Send a chunk; the caller has taken `bytes` of the budget for it. Channels that hold the same points at this index
   * already are left out. Throws `stream/chunk-reused`.
   */
  push(
    index: number,
    channels: ReadonlyMap<string, CheckedPoints>,
    multi: boolean,
    bytes: number,
  ): SeriesHandle {
    const { budget } = this.#parts
    const earlier: Promise<void>[] = []
    const fresh = new Map<string, CheckedPoints>()
    for (const [name, points] of channels) {
      const pushed = this.#channels.get(name)?.chunks.get(index)
      // What was given up may be pushed again, mended.
      if (!pushed || pushed.receipt.state === 'failed') fresh.set(name, points)
      else if (pushed.digest === points.digest) earlier.push(pushed.stored)
      else {
        budget.release(bytes)
        throw reused(this.dataId, name, index)
      }
    }
    const stored = fresh.size > 0 ? this.#send(index, fresh, multi) : Promise.resolve()
    stored.then(
      () => budget.release(bytes),
      () => budget.release(bytes),
    )
    const all = earlier.length > 0 ? Promise.all([stored, ...earlier]).then(() => undefined) : stored
    all.catch(() => undefined)
    return { index, stored: all }
  }

  /** What became of everything so far. */
  receipt(): SeriesReceipt {
    const current = new Set<SeriesChunkReceipt>()
    const channels = [...this.#channels].map(([name, { units, chunks }]) => {
      let points = 0
      for (const pushed of chunks.values()) {
        current.add(pushed.receipt)
        points += pushed.points
      }
      return { name, units, points, indexes: chunks.keys() }
    })
    // A chunk that was given up and pushed again is told once.
    const chunks = this.#chunks.filter((chunk) => current.has(chunk))
    return seriesReceipt(this.dataId, this.#finalized, channels, chunks)
  }

  /**
   * Wait until every chunk is stored or given up, give up the rest when the time is over or the signal fires, end the
   * stream at the service, answer the receipt. Throws `upload/undrained`, `upload/incomplete`.
   */
  async finalize(drainTimeoutMs: number, signal?: AbortSignal): Promise<SeriesReceipt> {
    const { api } = this.#parts
    // Firing while waiting: the rest is told as undrained.
    await this.#driver.drain({ timeoutMs: drainTimeoutMs, signal }).catch(() => undefined)
    const pending = this.#driver.state.pending.map(({ index }) => index)
    if (pending.length > 0) this.#driver.cancel(undrained(this.dataId, pending))
    let endFailure: Error | undefined
    try {
      await endSeriesStream(api, this.dataId)
      this.#finalized = true
    } catch (error) {
      endFailure = error as Error
    }
    const receipt = this.receipt()
    if (pending.length > 0) throw undrained(this.dataId, pending, receipt)
    const failed = receipt.chunks.filter(({ state }) => state === 'failed')
    if (failed.length > 0 || endFailure) throw incomplete(this.dataId, failed, receipt, endFailure)
    return receipt
  }

  #send(index: number, channels: ReadonlyMap<string, CheckedPoints>, multi: boolean): Promise<void> {
    const names = [...channels.keys()]
    const corrected = new Map([...channels].map(([name, points]) => [name, this.#corrected(points)]))
    const points = [...channels.values()].reduce((total, { values }) => total + values.length, 0)
    const receipt: SeriesChunkReceipt = { index, channels: names, points, state: 'queued', tries: 0 }
    this.#chunks.push(receipt)
    this.#parts.onChange(receipt)
    const stored = this.#driver
      .add({
        index,
        lanes: names,
        path: multi ? SERIES_PATHS.multi : SERIES_PATHS.chunk,
        body: multi
          ? seriesMultiBody(this.dataId, index, corrected)
          : seriesChunkBody(this.dataId, index, names[0]!, corrected.get(names[0]!)!),
        receipt,
      })
      .then(() => undefined)
    for (const [name, { digest, units, values }] of channels) {
      const channel = this.#channels.get(name) ?? { chunks: new Map<number, Pushed>() }
      this.#channels.set(name, channel)
      if (units !== undefined) channel.units = units
      channel.chunks.set(index, { digest, points: values.length, receipt, stored })
    }
    return stored
  }

  /** The points by the service's clock. */
  #corrected(points: CheckedPoints): CheckedPoints {
    const offset = this.#parts.clock()
    if (!offset) return points
    return { ...points, timestamps: points.timestamps.map((seconds) => seconds + offset.offsetMs / 1000) }
  }

  #note(progress: UploadProgress<Item>): void {
    const { log, onChange } = this.#parts
    const stream = `stream ${this.dataId}`
    if (progress.type === 'paused') {
      log.error(
        `${stream}: nothing goes out until the service accepts a key; nothing is discarded. ${progress.error.message}`,
      )
      return
    }
    if (progress.type === 'resumed') {
      log.info(`${stream}: the key is accepted; chunks go out again`)
      return
    }
    const { item, attempt } = progress
    const { receipt } = item
    const chunk = `${stream}: chunk ${item.index} of ${item.lanes.join(', ')}`
    receipt.tries = attempt
    switch (progress.type) {
      case 'started':
        log.trace(`${chunk}: try ${attempt}`)
        return
      case 'failed':
        log.warn(`${chunk}: try ${attempt} failed and will be repeated: ${progress.error.message}`)
        break
      case 'stored':
        receipt.state = 'stored'
        log.debug(`${chunk} is stored`)
        break
      case 'given-up':
        this.#fail(item, progress.error)
        log.error(`${chunk} is given up: ${progress.error.message}`)
    }
    onChange(receipt)
  }

  #fail(item: Item, error: Error): void {
    item.body = ''
    item.receipt.state = 'failed'
    item.receipt.error = {
      code: isFramewireError(error) ? error.code : 'core/internal',
      message: error.message,
    }
  }
}

function reused(dataId: string, channel: string, index: number): FramewireError<'stream/chunk-reused'> {
  return new FramewireError(
    'stream/chunk-reused',
    `chunk ${index} of channel '${channel}' was pushed before with other points or units; the first stays. ` +
      'Give each chunk an index of its own (run begins at 0 each time).',
    { dataId, index },
  )
}

function undrained(
  dataId: string,
  pending: readonly number[],
  receipt?: SeriesReceipt,
): FramewireError<'upload/undrained'> {
  return new FramewireError(
    'upload/undrained',
    `stream ${dataId} was finalized before ${pending.length} of its chunks were stored. ` +
      'Check the service and the key, or give a longer drainTimeoutMs.',
    { dataId, pending, receipt },
  )
}

function incomplete(
  dataId: string,
  failed: readonly SeriesChunkReceipt[],
  receipt: SeriesReceipt,
  cause?: Error,
): FramewireError<'upload/incomplete'> {
  const reasons = [
    failed.length > 0
      ? `${failed.length} of its chunks were given up, first: ${failed[0]!.error?.message}`
      : '',
    cause ? `the service could not be told that it is complete: ${cause.message}` : '',
  ]
  return new FramewireError(
    'upload/incomplete',
    `stream ${dataId} is not complete: ${reasons.filter(Boolean).join('; ')}. The receipt in the details names each chunk.`,
    { dataId, missing: [...new Set(failed.map(({ index }) => index))], receipt },
    { cause },
  )
}
