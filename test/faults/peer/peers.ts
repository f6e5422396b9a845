import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Clients } from '../client.js'
import { CHUNK, framesOf, type Job, POINTS, pointsOf, SIDE, sampleName, streamName, tagName } from '../job.js'
import type { Peer, Told } from './contest.js'

/** How long a peer has for a cell, in seconds. */
const LIMIT_S = 60
const CONCURRENCY = 6
const LINGER_S = 15

/** Our client, as users get it. */
export const framewire: Peer = {
  name: 'framewire',
  concurrency: CONCURRENCY,
  does: () => true,
  async stream(job, access) {
    const clients = new Clients(access)
    const streamed = await clients.stream(job)
    await clients.close()
    return streamed.map(({ dataId, error }) => ({ dataId, error: error?.message }))
  },
  async close() {},
}

/** What the SDK's process answers of a stream. */
interface Answer {
  data_id?: string
  error?: string
  receipt?: { chunks_not_uploaded: number; lost: unknown[] } | null
}

/** The service's own SDK, in Python processes that end when their last call has returned, as a script does. */
export function sdk(python: string): Peer {
  return { name: 'the SDK', does: () => true, ...sdkProcesses(python, CONCURRENCY, 0) }
}

/** The same, kept alive after its last call: chunks of scalar streams are still tried after `finalize`. */
export function lingeringSdk(python: string): Peer {
  return {
    name: `the SDK (kept alive for ${LINGER_S} s after its last call)`,
    does: (operation) => /^timeseries (multi )?chunk$/.test(operation),
    ...sdkProcesses(python, 2 * CONCURRENCY, LINGER_S),
  }
}

function sdkProcesses(
  python: string,
  concurrency: number,
  linger: number,
): Pick<Peer, 'concurrency' | 'stream' | 'close'> {
  const folder = mkdtempSync(join(tmpdir(), 'framewire-faults-'))
  const all = Array.from({ length: concurrency }, () => new Sdk(python))
  const idle = [...all]
  let files = 0
  return {
    concurrency,
    async stream(job, { endpoint, apiKey }) {
      const one = idle.pop()!
      const file = join(folder, String(files++))
      const task = { ...taskOf(job, file), endpoint, key: apiKey, limit: LIMIT_S, linger }
      const answers = await one.ask(task)
      idle.push(one)
      return answers.map(toldBy)
    },
    async close() {
      for (const one of all) one.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** One process, one job at a time. */
class Sdk {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor(python: string) {
    const script = fileURLToPath(new URL('sdk.py', import.meta.url))
    this.#child = spawn(python, [script], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // No way out of this machine, whatever it is given.
      env: {
        ...process.env,
        HTTP_PROXY: '',
        HTTPS_PROXY: 'http://127.0.0.1:9',
        NO_PROXY: '127.0.0.1',
        ATOMSCALE_SKIP_CLOCK_SYNC: '1',
      },
    })
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]()
  }

  async ask(task: object): Promise<Answer[]> {
    this.#child.stdin!.write(`${JSON.stringify(task)}\n`)
    const { value } = await this.#lines.next()
    if (value === undefined) throw new Error('the process of the SDK has ended')
    return JSON.parse(value)
  }

  close(): void {
    this.#child.stdin!.end()
  }
}

/** A job as sdk.py takes it; the frames of each stream in a file. */
function taskOf(job: Job, file: string): object {
  const streams = Array.from({ length: job.streams }, (_, stream) => stream)
  const chunks = Array.from({ length: job.chunks }, (_, chunk) => chunk)
  const initialize = streams.map((stream) => ({
    stream_name: streamName(job, stream),
    physical_sample: sampleName(job),
    tags: [tagName(job)],
  }))
  if (job.kind === 'series') {
    const points = chunks.map((chunk) =>
      Object.fromEntries(job.channels.map((channel) => [channel, pointsOf(channel, chunk)])),
    )
    return { kind: job.kind, initialize, points, pointsPerChunk: POINTS }
  }
  for (const stream of streams) {
    writeFileSync(
      `${file}-${stream}`,
      Buffer.concat(chunks.map((chunk) => framesOf(job, stream, chunk).data)),
    )
  }
  return { kind: job.kind, initialize, chunks: job.chunks, frames: CHUNK, side: SIDE, file }
}

/** An exception or a warning tells, and so does a receipt that counts chunks as not uploaded. */
function toldBy({ data_id, error, receipt }: Answer): Told {
  const missing = receipt && (receipt.chunks_not_uploaded > 0 || receipt.lost.length > 0)
  return { dataId: data_id, error: error ?? (missing ? JSON.stringify(receipt) : undefined) }
}
