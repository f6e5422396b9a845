type Turn = (callback: () => void) => void

/** Call back on a later turn of the event loop, after input and timers had theirs; without the 4 ms of browsers' timers. */
export const nextTurn: Turn =
  typeof globalThis.setImmediate === 'function'
    ? (callback) => void globalThis.setImmediate(callback)
    : (callback) => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => {
          port1.close()
          callback()
        }
        port2.postMessage(null)
      }
