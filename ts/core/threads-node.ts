import { availableParallelism } from 'node:os'
import { type MessagePort as NodePort, Worker } from 'node:worker_threads'
import type { PlatformWorker, Threads, WorkerFiles } from './thread.js'

/**
 * Most memory for what a thread made last, in MB. Pixels lie elsewhere, so it is enough; left to itself it grows for
 * minutes, to many times as much.
 */
const YOUNG_GENERATION_MB = 8

/** Node's worker threads. */
export function nodeThreads(files: WorkerFiles = {}): Threads {
  return {
    cores: availableParallelism(),
    wasmUrl: files.wasmUrl && String(files.wasmUrl),
    keepPortAlive(port, on) {
      const nodePort = port as unknown as NodePort
      on ? nodePort.ref() : nodePort.unref()
    },
    start(kind) {
      // Through a variable: a literal would make bundlers take Node's worker for a browser's.
      const file = `./${kind}.worker.js`
      return adapt(
        new Worker(new URL(files.workerUrl?.[kind] ?? file, import.meta.url), {
          resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
        }),
      )
    },
  }
}

function adapt(worker: Worker): PlatformWorker {
  let asked = false
  return {
    post: (message, transfer) => worker.postMessage(message, transfer as never),
    onMessage: (listener) => worker.on('message', listener),
    onLost(listener) {
      let cause: unknown
      worker.on('error', (error) => {
        cause = error
      })
      worker.on('exit', (exitCode) => {
        if (!asked) listener(cause ?? new Error(`worker thread ended with code ${exitCode}`))
      })
    },
    async terminate() {
      asked = true
      await worker.terminate()
    },
    keepAlive: (on) => (on ? worker.ref() : worker.unref()),
  }
}
