import { setEnvironmentData } from 'node:worker_threads'
import type { WorkerFiles, WorkerKind } from '../../../ts/core/thread.js'

const dist = new URL('../../../dist/', import.meta.url)

/** The built worker files. */
export const built: WorkerFiles = {
  workerUrl: {
    packing: new URL('packing.worker.js', dist),
    sealing: new URL('sealing.worker.js', dist),
  },
  wasmUrl: new URL('core_wasm_bg.wasm', dist),
}

let made = 0

/**
 * The real worker file behind a fault: its thread ends after `after` messages of the kind that holds `key`, `times` times
 * in all.
 */
export function crashing(kind: WorkerKind, key: string, after: number, times: number): WorkerFiles {
  const left = new SharedArrayBuffer(4)
  new Int32Array(left)[0] = times
  const name = `framewire-crash-${made++}`
  setEnvironmentData(name, left)
  const worker = `
    import { getEnvironmentData } from 'node:worker_threads'
    const left = new Int32Array(getEnvironmentData('${name}'))
    const post = MessagePort.prototype.postMessage
    let seen = 0
    MessagePort.prototype.postMessage = function (message, transfer) {
      if (message && '${key}' in message && ++seen === ${after} && Atomics.sub(left, 0, 1) > 0) process.exit(3)
      return post.call(this, message, transfer)
    }
    await import('${new URL(`${kind}.worker.js`, dist)}')`
  const url = new URL(`data:text/javascript,${encodeURIComponent(worker)}`)
  return { ...built, workerUrl: { ...built.workerUrl, [kind]: url } }
}
