import { FramewireError } from '../errors.js'
import type { StreamJournal } from '../journal/place.js'
import type { IngestApi } from '../upload/api.js'
import { UploadDriver, type UploadProgress } from '../upload/driver.js'
import { requestUploadUrl, shardBody } from '../upload/rheed-requests.js'
import { putShard, type Stored } from '../upload/shard-put.js'
import type { Capture } from './frame-stream.js'
import type { Logger } from './log.js'
import type { ChunkReceipt } from './receipt.js'
import type { StreamDeclaration } from './session.js'

interface ShardItem {
  index: number
  receipt: ChunkReceipt
  /** What the service is told when the URL is asked for; made once, so that every try says the same. */
  request: string
}

/** The uploads of one frame stream: from the journal to the service, as the upload plan says. */
export class ShardUploads {
  readonly #declaration: StreamDeclaration
  readonly #driver: UploadDriver<ShardItem>

  constructor(
    api: IngestApi,
    parts: { declaration: StreamDeclaration; journal: StreamJournal; maxUploads: number; log: Logger },
  ) {
    const { declaration, journal, maxUploads, log } = parts
    this.#declaration = declaration
    this.#driver = new UploadDriver<ShardItem>({
      maxUploads,
      getUrl: ({ index, request }, signal) => requestUploadUrl(api, index, request, signal),
      put: async ({ index, receipt }, url, signal) => {
        const body = await journal.body(index)
        return putShard(api, url, { index, body, bytes: receipt.bytes!, md5: receipt.md5! }, signal)
      },
      askKey: () => api.renewKey(),
      onProgress: (progress) => {
        if (progress.type === 'started') this.#started(progress.item, journal)
        else note(progress, declaration.dataId, log)
      },
      clock: api.clock,
      random: api.random,
    })
  }

  /** What the service is told of a chunk when its upload URL is asked for. */
  request({ index, frames, height, width }: ChunkReceipt, capture: Capture): string {
    const { dataId, fps, rotationsPerMin, chunkSize } = this.#declaration
    return shardBody({
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
  }

  /** Upload a chunk that the journal holds. Rejects when it is given up. */
  store(receipt: ChunkReceipt, request: string): Promise<Stored> {
    return this.#driver.add({ index: receipt.index, receipt, request })
  }

  /** Send nothing more: the stream ends, or is left in its journal. Answers what those who wait are told. */
  stop(): FramewireError<'upload/undrained'> {
    const { dataId } = this.#declaration
    const pending = this.#driver.state.pending.map(({ index }) => index)
    const reason = new FramewireError(
      'upload/undrained',
      `Stream ${dataId} was ended, or left in its journal, before this chunk was stored. Give finalize a longer drainTimeoutMs, or resume the stream.`,
      { dataId, pending },
    )
    this.#driver.cancel(reason)
    return reason
  }

  #started({ index, receipt }: ShardItem, journal: StreamJournal): void {
    // Those of a process before this one count.
    receipt.tries++
    // Worth knowing after a crash, and nothing hangs on it.
    journal.append({ type: 'tried', item: index, attempt: receipt.tries }).catch(() => undefined)
  }
}

function note(progress: UploadProgress<ShardItem>, dataId: string, log: Logger): void {
  switch (progress.type) {
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
