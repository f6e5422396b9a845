import { mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { createIngestServer } from '../server/server.js'
import { FRAMES_ZARR } from '../store/frame-folder.js'
import { receiptText } from './receipt.js'
import { streamCamera } from './record-stream.js'
import type { Recorded, RecordedCamera } from './recorded-camera.js'

/** The key of a server that nobody else shall use, and that is gone when the recording is. */
const KEY = crypto.randomUUID()

/** Record to a Zarr group: what a service would store, by a server of our own that stores beside the file. */
export async function recordZarr(recorded: RecordedCamera): Promise<Recorded> {
  const out = recorded.options.out!
  const scratch = await mkdtemp(join(dirname(resolve(out)), '.record-'))
  try {
    const server = await createIngestServer({ store: scratch, apiKey: KEY, logLevel: 'error' })
    const { receipt, error } = await streamCamera(recorded, { endpoint: server.url, apiKey: KEY }).finally(
      () => server.close(),
    )
    const isWritten = receipt !== undefined && receipt.totals.stored > 0
    if (isWritten) await rename(join(scratch, receipt.dataId, FRAMES_ZARR), out)
    return {
      value: { out, receipt },
      rows: [],
      text: receipt && [receiptText(receipt), isWritten && `Written   ${out}`].filter(Boolean).join('\n'),
      error,
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
