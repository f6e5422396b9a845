import type { StreamJournal } from '../journal/place.js'
import type { IngestApi } from '../upload/api.js'
import { UploadDriver, type UploadProgress } from '../upload/driver.js'
import type { Logger } from './log.js'
import { stopped } from './series-errors.js'
import type { SeriesChunkReceipt } from './series-receipt.js'

/** A request of points that the journal holds. */
export interface KeptRequest {
  /** Its id in the journal. */
  id: number
  index: number
  /** The channels: each sends its chunks in order, one at a time. */
  lanes: readonly string[]
  path: string
  receipt: SeriesChunkReceipt
}

/** What the uploads of one scalar stream need. */
export interface SeriesUploadsParts {
  dataId: string
  journal: StreamJournal
  maxUploads: number
  log: Logger
  /** Told when a try has failed and another will follow. */
  onRetry(chunk: SeriesChunkReceipt): void
}

/** The uploads of one scalar stream: from the journal to the service, as the upload plan says. */
export class SeriesUploads {
  readonly #parts: SeriesUploadsParts
  readonly #driver: UploadDriver<KeptRequest>

  constructor(api: IngestApi, parts: SeriesUploadsParts) {
    const { journal, maxUploads } = parts
    this.#parts = parts
    this.#driver = new UploadDriver<KeptRequest>({
      maxUploads,
      put: async ({ id, path }, _url, signal) => {
        // Read only now: what waits for the service need not be in memory.
        await api.send({ method: 'POST', path, body: await journal.request(id), signal })
        return { proof: 'status' }
      },
      askKey: () => api.renewKey(),
      onProgress: (progress) => this.#note(progress),
      clock: api.clock,
      random: api.random,
    })
  }

  /** Have points stored. Rejects when they are given up. */
  store(request: KeptRequest): Promise<unknown> {
    return this.#driver.add(request)
  }

  /** Send nothing more; what is pending is told as `upload/undrained`. */
  stop(): void {
    const pending = [...new Set(this.#driver.state.pending.map(({ index }) => index))]
    this.#driver.cancel(stopped(this.#parts.dataId, pending))
  }

  #note(progress: UploadProgress<KeptRequest>): void {
    const { dataId, journal, log, onRetry } = this.#parts
    const stream = `stream ${dataId}`
    switch (progress.type) {
      case 'started': {
        const { id, receipt } = progress.item
        receipt.tries++
        log.trace(`${stream}: ${nameOf(receipt)}: try ${receipt.tries}`)
        // Worth knowing after a crash, and nothing hangs on it.
        journal.append({ type: 'tried', item: id, attempt: receipt.tries }).catch(() => undefined)
        return
      }
      case 'failed': {
        const { item, attempt, error } = progress
        log.warn(`${stream}: ${nameOf(item.receipt)}, try ${attempt}: ${error.message}; trying again`)
        onRetry(item.receipt)
        return
      }
      case 'paused':
        log.error(
          `${stream}: nothing goes out until the service accepts a key; nothing is discarded. ${progress.error.message}`,
        )
        return
      case 'resumed':
        log.info(`${stream}: the key is accepted; chunks go out again`)
    }
  }
}

/** How messages name a chunk. */
export function nameOf({ index, channels }: SeriesChunkReceipt): string {
  return `chunk ${index} of ${channels.join(', ')}`
}
