import * as Comlink from 'comlink'
import { FramewireError } from '../errors.js'
import { fromWire, toWire, type WireError } from './wire-error.js'

/** The worker files, by the stage they serve. */
export type WorkerKind = 'packing' | 'sealing' | 'checking' | 'capture'

/** Where worker and WebAssembly files lie, when they were moved away from the library. */
export interface WorkerFiles {
  /** URL of a worker file, by stage. */
  workerUrl?: Partial<Record<WorkerKind, string | URL>>
  /** URL of `core_wasm_bg.wasm`. */
  wasmUrl?: string | URL
}

/** What a platform gives of one of its workers; {@link Thread} is built upon it. */
export interface PlatformWorker {
  post(message: unknown, transfer: Transferable[]): void
  /** `listener` is called for each message that the worker posts outside of its ports. */
  onMessage(listener: (message: unknown) => void): void
  /** `listener` is called once when the worker ends or breaks without being asked to. */
  onLost(listener: (reason: unknown) => void): void
  terminate(): Promise<void>
  /** Whether this worker keeps the process alive (no meaning in browsers). */
  keepAlive(on: boolean): void
}

/** The seam to the platform's threads. */
export interface Threads {
  start(kind: WorkerKind): PlatformWorker
  /** Processors that may be used. */
  readonly cores: number
  /** Keep the process alive while this port is open, or not (no meaning in browsers). */
  keepPortAlive(port: MessagePort, on: boolean): void
  /** Where the WebAssembly file lies, if not beside the workers. */
  readonly wasmUrl?: string
}

/** First message to a worker; the answer is {@link WorkerReady}. */
export interface WorkerStart {
  commands: MessagePort
  wasmUrl?: string
}

/** Answer to {@link WorkerStart} once the core is loaded and commands are served. */
export interface WorkerReady {
  ready: true
  error?: WireError
}

/** One worker that serves the commands `Api` by comlink. Frames go over ports of their own. */
export interface Thread<Api> {
  readonly commands: Comlink.Remote<Api>
  /** Resolves with the reason when the worker ended without being asked to; else never. */
  readonly lost: Promise<unknown>
  terminate(): Promise<void>
  keepAlive(on: boolean): void
}

/** Start a worker and wait until its core is loaded. Throws `core/load` where it cannot be. */
export async function startThread<Api>(threads: Threads, kind: WorkerKind): Promise<Thread<Api>> {
  const worker = threads.start(kind)
  const { port1, port2 } = new MessageChannel()
  const lost = new Promise<unknown>((resolve) => worker.onLost(resolve))
  const ready = new Promise<void>((resolve, reject) =>
    worker.onMessage((message) => {
      const { ready, error } = message as Partial<WorkerReady>
      if (ready) error ? reject(fromWire(error)) : resolve()
    }),
  )
  const start: WorkerStart = { commands: port2, wasmUrl: threads.wasmUrl }
  worker.post(start, [port2])
  const terminate = async () => {
    port1.close()
    await worker.terminate()
  }
  try {
    await Promise.race([
      ready,
      lost.then((reason) => {
        throw new FramewireError(
          'core/load',
          `The ${kind} worker ended before it was ready. Check that its file lies beside the library's, or give workerUrl.`,
          { url: `${kind}.worker.js` },
          { cause: reason },
        )
      }),
    ])
  } catch (error) {
    await terminate()
    throw error
  }
  let held = false
  let asked = 0
  const stayAlive = () => {
    threads.keepPortAlive(port1, asked > 0)
    worker.keepAlive(held || asked > 0)
  }
  // Whoever awaits a command must get its answer: the process stays until then.
  port1.addEventListener('message', () => {
    asked--
    stayAlive()
  })
  const commands = Comlink.wrap<Api>({
    addEventListener: port1.addEventListener.bind(port1),
    removeEventListener: port1.removeEventListener.bind(port1),
    start: () => port1.start(),
    postMessage(message, transfer) {
      asked++
      stayAlive()
      port1.postMessage(message, transfer as Transferable[])
    },
  })
  stayAlive()
  return {
    commands,
    lost,
    terminate,
    keepAlive(on) {
      held = on
      stayAlive()
    },
  }
}

/** Mark a port as moving to the other thread with the command it is an argument of. */
export function transferred(port: MessagePort): MessagePort {
  return Comlink.transfer(port, [port])
}

/** Serve `api` on a port of commands, until the port closes. */
export function serveCommands(api: object, port: MessagePort): void {
  Comlink.expose(api, port)
}

// comlink's own handler keeps message, name and stack alone; ours keeps code, details and the chain of causes.
const thrown = Comlink.transferHandlers.get('throw')!
Comlink.transferHandlers.set('throw', {
  canHandle: thrown.canHandle,
  serialize: (value) => [toWire((value as { value: unknown }).value), []],
  deserialize: (wire) => {
    throw fromWire(wire as WireError)
  },
})
