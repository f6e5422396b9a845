// A server of its own process, to be killed: `node killed-server.mjs STORE`; prints its address when ready.
import { createIngestServer } from 'framewire/server'

const { url } = await createIngestServer({
  store: process.argv[2],
  apiKey: 'test-key',
  port: 0,
  logLevel: 'silent',
})
process.stdout.write(`${url}\n`)
