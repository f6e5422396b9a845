import type { Core } from './core.js'
import { loadCore } from './load.js'
import { serveCommands, type WorkerReady, type WorkerStart } from './thread.js'
import { toWire } from './wire-error.js'

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

/** Run a stage in this worker: load the core, make the stage upon it, serve its commands. */
export function serveWorker(stage: (core: Core) => object): void {
  const { postMessage, once } = scope()
  once(async ({ commands, wasmUrl }) => {
    const answer: WorkerReady = { ready: true }
    try {
      serveCommands(stage(await loadCore(wasmUrl)), commands)
    } catch (error) {
      answer.error = toWire(error)
    }
    postMessage(answer)
  })
}
