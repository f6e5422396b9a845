import type { Core } from './core.js'
import { loadCore } from './load.js'
import { serveCommands, type WorkerReady, type WorkerStart } from './thread.js'
import { toWire } from './wire-error.js'

type Load<Face> = (wasmUrl?: string) => Promise<Face>

interface Scope {
  postMessage(message: unknown): void
  once(listener: (start: WorkerStart) => void): void
}

/** The worker's own side of its first channel: `parentPort` on Node, `self` in browsers. */
function scope(): Scope {
  const parent = globalThis.process?.getBuiltinModule?.('node:worker_threads')?.parentPort
  if (parent) {
    return {
      postMessage: (message) => parent.postMessage(message),
      once: (listener) => parent.once('message', listener),
    }
  }
  return {
    postMessage: (message) => globalThis.postMessage(message),
    once: (listener) =>
      globalThis.addEventListener('message', ({ data }) => listener(data as WorkerStart), { once: true }),
  }
}

/** Run a stage in this worker: load what it is made upon (the core), make it, serve its commands. */
export function serveWorker(stage: (core: Core) => object): void
export function serveWorker<Face>(stage: (face: Face) => object, load: Load<Face>): void
export function serveWorker(stage: (face: never) => object, load: Load<unknown> = loadCore): void {
  const { postMessage, once } = scope()
  once(async ({ commands, wasmUrl }) => {
    const answer: WorkerReady = { ready: true }
    try {
      serveCommands(stage((await load(wasmUrl)) as never), commands)
    } catch (error) {
      answer.error = toWire(error)
    }
    postMessage(answer)
  })
}
