// Stands for a capture worker that opens and closes its camera, and answers nothing else.
import { parentPort } from 'node:worker_threads'
import * as Comlink from 'comlink'

const never = () => new Promise(() => {})

parentPort.once('message', ({ commands }) => {
  Comlink.expose({ open() {}, close() {}, readRegister: never }, commands)
  parentPort.postMessage({ ready: true })
})
