import type { WorkerFiles } from './core/thread.js'
import { browserThreads } from './core/threads-browser.js'
import { RHEEDStreamer as IsomorphicRHEEDStreamer } from './streaming/rheed.js'
import type { RHEEDStreamerOptions } from './streaming/rheed-options.js'

export * from './index.js'

/** Streams RHEED frames to an ingest service, chunk by chunk, packed in the page's module workers. */
export class RHEEDStreamer extends IsomorphicRHEEDStreamer {
  /** Throws `stream/option`. */
  constructor(options: RHEEDStreamerOptions & WorkerFiles) {
    super(options, browserThreads(options))
  }
}
