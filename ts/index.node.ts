import type { WorkerFiles } from './core/thread.js'
import { nodeThreads } from './core/threads-node.js'
import { RHEEDStreamer as IsomorphicRHEEDStreamer } from './streaming/rheed.js'
import type { RHEEDStreamerOptions } from './streaming/rheed-options.js'

export * from './index.js'
export { type JournalFolderOptions, journalFolder } from './journal/folder-node.js'

/** Streams RHEED frames to an ingest service, chunk by chunk, packed in Node's worker threads. */
export class RHEEDStreamer extends IsomorphicRHEEDStreamer {
  /** Throws `stream/option`. */
  constructor(options: RHEEDStreamerOptions & WorkerFiles) {
    super(options, nodeThreads(options))
  }
}
