import type { PlatformWorker, Threads, WorkerFiles, WorkerKind } from './thread.js'

/** Module workers of the page (or of the worker that this runs in). */
export function browserThreads(files: WorkerFiles = {}): Threads {
  return {
    cores: navigator.hardwareConcurrency || 2,
    wasmUrl: files.wasmUrl && String(files.wasmUrl),
    keepPortAlive: () => {},
    start: (kind) => adapt(startWorker(kind, files.workerUrl?.[kind])),
  }
}

function startWorker(kind: WorkerKind, url: string | URL | undefined): Worker {
  if (url !== undefined) return new Worker(url, { type: 'module' })
  // Bundlers find workers by these exact literals.
  switch (kind) {
    case 'packing':
      return new Worker(new URL('./packing.worker.js', import.meta.url), { type: 'module' })
    case 'sealing':
      return new Worker(new URL('./sealing.worker.js', import.meta.url), { type: 'module' })
    case 'checking':
    case 'capture':
      throw new Error(`the ${kind} worker runs on Node alone`)
  }
}

function adapt(worker: Worker): PlatformWorker {
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    onMessage: (listener) => worker.addEventListener('message', ({ data }) => listener(data)),
    onLost: (listener) =>
      worker.addEventListener('error', (event) => listener(event.error ?? new Error(event.message)), {
        once: true,
      }),
    async terminate() {
      worker.terminate()
    },
    keepAlive: () => {},
  }
}
