import { FramewireError } from '../errors.js'
import type { Journal } from '../journal/journal.js'
import type { IngestApi } from '../upload/api.js'
import { UploadDriver, type UploadProgress } from '../upload/driver.js'
import { requestUploadUrl, shardBody } from '../upload/rheed-requests.js'
import { putShard, type Stored } from '../upload/shard-put.js'
import type { Capture, StreamDeclaration } from './frame-stream.js'
import type { Logger } from './log.js'
import type { ChunkReceipt } from './receipt.js'

interface ShardItem {
  index: number
  receipt: ChunkReceipt
  /** What the service is told when the URL is asked for; made once, so that every try says the same. */
  body: string
}

/** The uploads of one frame stream: from the journal to the service, as the upload plan says. */
export class ShardUploads {
  readonly #declaration: StreamDeclaration
  readonly #driver: UploadDriver<ShardItem>

  constructor(
    api: IngestApi,
    parts: { declaration: StreamDeclaration; journal: Journal; maxUploads: number; log: Logger },
  ) {
    const { declaration, journal, maxUploads, log } = parts
    this.#declaration = declaration
    this.#driver = new UploadDriver<ShardItem>({
      maxUploads,
      getUrl: ({ index, body }, signal) => requestUploadUrl(api, index, body, signal),
      put: async ({ index, receipt }, url, signal) => {
        const body = await journal.body(index)
        return putShard(api, url, { index, body, bytes: receipt.bytes!, md5: receipt.md5! }, signal)
      },
      askKey: () => api.renewKey(),
      onProgress: (progress) => note(progress, declaration.dataId, log),
      clock: api.clock,
      random: api.random,
    })
  }

  /** Upload a chunk that the journal holds. Rejects when it is given up. */
  store(receipt: ChunkReceipt, capture: Capture): Promise<Stored> {
    const { dataId, fps, rotationsPerMin, chunkSize } = this.#declaration
    const { index, frames, height, width } = receipt
    const body = shardBody({
      dataId,
      index,
      fps,
      rotationsPerMin,
      chunkSize,
      frames,
      height,
      width,
      ...capture,
    })
    return this.#driver.add({ index, receipt, body })
  }

  /** Give up what is pending: the stream was finalized. */
  cancel(): void {
    const { dataId } = this.#declaration
    const pending = this.#driver.state.pending.map(({ index }) => index)
    this.#driver.cancel(
      new FramewireError(
        'upload/undrained',
        'The stream was finalized before this chunk was stored. Give finalize a longer drainTimeoutMs.',
        { dataId, pending },
      ),
    )
  }
}

function note(progress: UploadProgress<ShardItem>, dataId: string, log: Logger): void {
  switch (progress.type) {
    case 'started':
      progress.item.receipt.tries = progress.attempt
      return
    case 'failed': {
      const { item, attempt, error } = progress
      log.warn(`stream ${dataId}: chunk ${item.index}, try ${attempt}: ${error.message}; trying again`)
      return
    }
    case 'paused':
      log.error(
        `stream ${dataId}: uploads pause until the service accepts a key; nothing is discarded. ${progress.error.message}`,
      )
      return
    case 'resumed':
      log.info(`stream ${dataId}: uploads go on`)
  }
}
