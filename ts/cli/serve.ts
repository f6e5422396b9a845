import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { createIngestServer } from '../server/server.js'
import { interruptible } from './interrupt.js'
import type { Outcome } from './outcome.js'
import type { Output } from './output.js'
import { table } from './table.js'

/** What the command line says of a server. */
export interface ServeOptions {
  host: string
  port: number
  store: string
  apiKey?: string
  /** False after `--no-auth`. */
  auth: boolean
}

/** `framewire serve`: an ingest server until it is interrupted, which is how it is meant to end. */
export async function serve(
  { host, port, store, apiKey, auth }: ServeOptions,
  output: Output,
): Promise<Outcome> {
  const given = apiKey ?? (process.env.FRAMEWIRE_API_KEY || undefined)
  const madeUp = auth && given === undefined ? randomBytes(16).toString('hex') : undefined
  return interruptible(
    async (signal) => {
      const server = await createIngestServer({
        host,
        port,
        store,
        apiKey: auth ? (given ?? madeUp!) : null,
        noAuth: !auth,
        logLevel: output.quiet ? 'error' : output.verbose ? 'info' : 'warn',
      })
      const folder = resolve(store)
      output.result(
        { ok: true, url: server.url, store: folder, ...(madeUp && { apiKey: madeUp }) },
        table([
          ['Address', server.url],
          ['Store', folder],
          ['API key', madeUp ? `${madeUp}  (made up; FRAMEWIRE_API_KEY sets one)` : auth && 'as given'],
        ]),
      )
      if (!signal.aborted) await new Promise((done) => signal.addEventListener('abort', done, { once: true }))
      await server.close()
      return { exitCode: 0 }
    },
    (again) => output.note(`framewire: stopping after the requests under way; ${again}`),
  )
}
