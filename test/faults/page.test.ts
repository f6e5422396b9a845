import { expect, it } from 'vitest'
import { startServer } from '../interop/server.js'
import { Clients } from './client.js'
import { jobOf } from './job.js'
import { Aim } from './operation.js'
import { startProxy } from './proxy.js'
import { storedStreams } from './stored.js'

/** What a hotel's or a company's network answers in place of the service until somebody has logged in. */
const PAGE = {
  do: 'answer',
  status: 200,
  headers: { 'content-type': 'text/html' },
  body: '<!doctype html><title>Please log in</title>',
} as const

it.each(['PUT', 'timeseries chunk', 'timeseries multi chunk'] as const)(
  'a log-in page is no acknowledgement: %s',
  async (operation) => {
    const server = await startServer()
    const aim = new Aim(operation, 1, 1)
    const proxy = await startProxy({
      upstream: Number(new URL(server.url).port),
      spoil: (request) => (aim.takes(request) ? PAGE : undefined),
      answered: (request) => aim.answered(request),
    })
    const clients = new Clients({ endpoint: proxy.url, apiKey: server.apiKey })
    try {
      const job = jobOf(operation, `a page at ${operation}`)
      const [streamed] = await clients.stream(job)
      const [stored] = await storedStreams(server, job)
      expect(aim.met).toBe(1)
      if (streamed!.error === undefined) expect(stored).toMatchObject([{ chunks: [0, 1, 2] }])
    } finally {
      await clients.close()
      await proxy.close()
      await server.close()
    }
  },
)
