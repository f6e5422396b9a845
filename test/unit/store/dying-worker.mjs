// Stands for a checking worker that dies of its first shard.
import { parentPort } from 'node:worker_threads'

parentPort.once('message', ({ commands }) => {
  commands.on('message', () => process.exit(3))
  parentPort.postMessage({ ready: true })
})
