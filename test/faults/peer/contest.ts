import { startServer, type TestServer } from '../../interop/server.js'
import { type Cell, titleOf } from '../cell.js'
import { spoilOf } from '../fault.js'
import { type Job, jobOf } from '../job.js'
import { Aim, Occurrences, type Operation } from '../operation.js'
import { startProxy } from '../proxy.js'
import { storedStreams } from '../stored.js'

/** What a peer told its caller about a stream: nothing told is all well. */
export interface Told {
  dataId?: string
  error?: string
}

/** A client under faults. */
export interface Peer {
  name: string
  /** Cells at a time. */
  concurrency: number
  /** Whether an operation is of interest. */
  does(operation: Operation): boolean
  /** Do a job to its end. What is not there when time was up is not in the answer. */
  stream(job: Job, access: { endpoint: string; apiKey: string }): Promise<Told[]>
  close(): Promise<void>
}

/**
 * What came of a cell. `told`: not everything is stored, and the caller knows. `lost`: chunks or links are missing, or the
 * stream was never ended, and the caller was told that all is well. `late`: no end in time.
 */
export interface Result {
  cell: Cell
  /** Whether the request that is meant came, and met the fault. */
  met: boolean
  verdict: 'stored' | 'told' | 'lost' | 'late'
  /** What is missing without an error. */
  lost: { chunks: number; links: number; ends: number }
  /** The first error, where there is one. */
  error?: string
}

/** How long connections are refused, in ms. */
const REFUSED_MS = 1_500
/** Cells of a peer begin so long, in ms; the rest is left out. */
const BEGIN_MS = 240_000

/** Answers that were given before an operation came for the first time, in a run without faults. */
type Before = ReadonlyMap<string, number>

/**
 * All cells with one peer, on a server of its own, as far as there is time. Throws where a peer loses something without
 * any fault.
 */
export async function contest(
  peer: Peer,
  cells: readonly Cell[],
  note: (done: number) => void,
): Promise<Result[]> {
  const server = await startServer()
  try {
    const queue = cells.filter(({ operation }) => peer.does(operation))
    const before = new Map<Operation, Before>()
    for (const operation of new Set(queue.map(({ operation }) => operation))) {
      before.set(operation, await rehearse(peer, server, operation))
    }
    const results: Result[] = []
    const until = performance.now() + BEGIN_MS
    const work = async () => {
      for (let cell = queue.shift(); cell && performance.now() < until; cell = queue.shift()) {
        results.push(await play(peer, server, cell, before.get(cell.operation)!))
        note(results.length)
      }
    }
    await Promise.all(Array.from({ length: peer.concurrency }, work))
    return results
  } finally {
    await server.close()
  }
}

/** A run without a fault: in which order the peer asks. */
async function rehearse(peer: Peer, server: TestServer, operation: Operation): Promise<Before> {
  const occurrences = new Occurrences()
  const before = new Map<string, number>()
  let answers = 0
  const proxy = await startProxy({
    upstream: Number(new URL(server.url).port),
    spoil(request) {
      const found = occurrences.of(request)
      const name = found && `${found.operation} ${found.occurrence}`
      if (name && !before.has(name)) before.set(name, answers)
      return undefined
    },
    answered(request) {
      occurrences.answered(request)
      answers++
    },
  })
  const job = jobOf(operation, `rehearsal of ${operation}`)
  const told = await peer.stream(job, { endpoint: proxy.url, apiKey: server.apiKey })
  await proxy.close()
  const { verdict } = await judge(server, job, told)
  if (verdict !== 'stored') throw new Error(`${peer.name}, ${operation}, without any fault: ${verdict}`)
  return before
}

async function play(peer: Peer, server: TestServer, cell: Cell, before: Before): Promise<Result> {
  const { fault, operation, occurrence, times } = cell
  const aim = new Aim(operation, occurrence, times)
  const refused = fault === 'connection refused'
  /** After so many answers nobody listens for a while: the request that is meant comes next. */
  const refuseAfter = refused ? before.get(`${operation} ${occurrence}`) : undefined
  let answers = 0
  const refuse = () => {
    if (answers !== refuseAfter) return
    aim.met++
    proxy.refuse()
    setTimeout(() => proxy.listen(), times * REFUSED_MS)
  }
  const proxy = await startProxy({
    upstream: Number(new URL(server.url).port),
    spoil: (request) => (!refused && aim.takes(request) ? spoilOf(fault, operation) : undefined),
    answered(request) {
      aim.answered(request)
      answers++
      refuse()
    },
  })
  refuse()
  const job = jobOf(operation, titleOf(cell))
  const told = await peer.stream(job, { endpoint: proxy.url, apiKey: server.apiKey })
  const result = await judge(server, job, told)
  await proxy.close()
  return { cell, met: aim.met > 0, ...result }
}

async function judge(
  server: TestServer,
  job: Job,
  told: readonly Told[],
): Promise<Omit<Result, 'cell' | 'met'>> {
  const stored = await storedStreams(server, job)
  const lost = { chunks: 0, links: 0, ends: 0 }
  told.forEach(({ dataId, error }, stream) => {
    if (error !== undefined) return
    const held = stored[stream]!.find((one) => one.dataId === dataId)
    lost.chunks += job.chunks - (held?.chunks.length ?? 0)
    lost.links += Number(!held?.sample) + Number(!held?.tag)
    lost.ends += Number(!held?.ended)
  })
  const error = told.find(({ error }) => error !== undefined)?.error
  if (lost.chunks + lost.links + lost.ends > 0) return { verdict: 'lost', lost, error }
  if (told.length < job.streams) return { verdict: 'late', lost, error }
  return { verdict: error === undefined ? 'stored' : 'told', lost, error }
}
