// A server of its own process, to be killed: `node killed-server.mjs STORE [CALL COUNT]`; prints its address when ready.
// It kills itself right before it makes the COUNTth CALL (`open`, `writev`, `sync` ...) of the file system.
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { fileURLToPath } from 'node:url'

const [store, call, count] = process.argv.slice(2)

if (call !== undefined) {
  const file = await fs.open(fileURLToPath(import.meta.url))
  const owner = call in fs ? fs : Object.getPrototypeOf(file)
  await file.close()
  const made = owner[call]
  let left = Number(count)
  owner[call] = function (...args) {
    if (--left === 0) process.kill(process.pid, 'SIGKILL')
    return made.apply(this, args)
  }
  syncBuiltinESMExports()
}

const { createIngestServer } = await import('framewire/server')
const { url } = await createIngestServer({ store, apiKey: 'test-key', port: 0, logLevel: 'silent' })
process.stdout.write(`${url}\n`)
