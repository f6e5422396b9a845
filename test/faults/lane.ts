import { fetchTransport } from '../../ts/upload/fetch.js'
import { certainlyUnsent, type HttpTransport } from '../../ts/upload/http.js'
import type { TestServer } from '../interop/server.js'
import { Clients, type Streamed } from './client.js'
import { type FaultName, spoilOf } from './fault.js'
import type { Job } from './job.js'
import type { Aim } from './operation.js'
import { type FaultyProxy, startProxy } from './proxy.js'

/** How long our clients wait for the answer that never comes, in ms. */
const IMPATIENT_MS = 500

/** Clients behind a faulty proxy: one job after the other goes through it. */
export class Lane {
  /** Whether answers tell that the server is framewire's own. */
  readonly service: 'ours' | 'another'
  readonly #proxy: FaultyProxy
  readonly #clients: Clients
  readonly #aimed: { fault?: FaultName; aim?: Aim }

  private constructor(
    parts: Pick<Lane, 'service'> & { proxy: FaultyProxy; clients: Clients; aimed: object },
  ) {
    this.service = parts.service
    this.#proxy = parts.proxy
    this.#clients = parts.clients
    this.#aimed = parts.aimed
  }

  static async open(server: TestServer, service: Lane['service']): Promise<Lane> {
    const aimed: { fault?: FaultName; aim?: Aim } = {}
    const proxy = await startProxy({
      upstream: Number(new URL(server.url).port),
      spoil(request) {
        const { fault, aim } = aimed
        if (!fault || fault === 'connection refused' || !aim?.takes(request)) return undefined
        return spoilOf(fault, aim.operation)
      },
      answered: (request) => aimed.aim?.answered(request),
      hide: service === 'another' ? ['x-framewire'] : [],
    })
    // A connection is refused before the proxy hears of its request, so the client's side says when.
    const transport: HttpTransport = async (request) => {
      const { fault, aim } = aimed
      const { pathname, search } = new URL(request.url)
      const line = { method: request.method, target: pathname + search }
      if (!aim?.isAt(line)) return fetchTransport(request)
      if (fault === 'no answer') return fetchTransport({ ...request, timeoutMs: IMPATIENT_MS })
      if (fault !== 'connection refused') return fetchTransport(request)
      proxy.refuse()
      try {
        return await fetchTransport(request)
      } catch (error) {
        if (certainlyUnsent((error as Error).cause)) aim.met++
        throw error
      } finally {
        await proxy.listen()
      }
    }
    const clients = new Clients({ endpoint: proxy.url, apiKey: server.apiKey, transport })
    return new Lane({ service, proxy, clients, aimed })
  }

  /** Do a job while the fault is aimed at one of its requests. */
  async stream(job: Job, fault: FaultName, aim: Aim): Promise<Streamed[]> {
    Object.assign(this.#aimed, { fault, aim })
    return this.#clients.stream(job)
  }

  async close(): Promise<void> {
    await this.#clients.close()
    await this.#proxy.close()
  }
}
