import { writeSync } from 'node:fs'
import { createIngestServer } from 'framewire/server'
import { steps } from './steps.mjs'

/** An ingest server in a process of its own: tells its address, and, when it is asked to end, the steps that it took. */
const { store, apiKey, port } = JSON.parse(process.argv[2])
const tell = (told) => writeSync(1, `${JSON.stringify(told)}\n`)
const { url } = await createIngestServer({ store, apiKey, port, logLevel: 'silent' })
process.once('SIGTERM', () => {
  tell({ steps })
  process.exit()
})
tell({ url })
