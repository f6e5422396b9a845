import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type NumpyArray, parseNpy } from '../interop/npy.js'

const folder = fileURLToPath(new URL('./ingest/', import.meta.url))

/** One recorded request of the service's own client, and how it was answered. */
export interface RecordedRequest {
  seq: number
  method: string
  /** Path and query, byte for byte. */
  target: string
  headers: [name: string, value: string][]
  status: number
  /** With `{root}` in place of the server's own root. */
  answer: string
  body: string | null
  /** Name of the file in `shards/` where the body is one. */
  body_file?: string
}

/** One recorded call of the service's own client and its outcome. */
export interface RecordedCall {
  /** The method's name, then perhaps a remark. */
  call: string
  args: unknown[]
  kwargs: Record<string, unknown>
  returned?: unknown
  raised?: string
  message?: string
}

/** One folder of recorded traffic. */
export interface Recording {
  scenario: string
  requests: RecordedRequest[]
  calls: RecordedCall[]
  /** An array argument, as it stands in a call (`<frames-0.npy uint8[8, 32, 48]>`). */
  array(reference: unknown): NumpyArray
  /** The body of a PUT. */
  shard(request: RecordedRequest): Uint8Array<ArrayBuffer>
}

/** Read a recorded scenario. */
export function recording(scenario: string): Recording {
  const read = (name: string) => new Uint8Array(readFileSync(join(folder, scenario, name)))
  const lines = <T>(name: string): T[] =>
    new TextDecoder()
      .decode(read(name))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(numbersOfPython(line), reviveNumbers) as T)
  return {
    scenario,
    requests: lines<RecordedRequest>('requests.jsonl').map((request) => ({
      ...request,
      body: request.body ?? null,
    })),
    calls: lines<RecordedCall>('calls.jsonl'),
    array(reference) {
      const name = /^<(frames-\d+\.npy) /.exec(String(reference))?.[1]
      if (!name) throw new Error(`${String(reference)} names no recorded array`)
      return parseNpy(read(name))
    },
    shard: (request) => read(join('shards', request.body_file!)),
  }
}

/** Python writes bare NaN and Infinity into its JSON. */
function numbersOfPython(line: string): string {
  return line.replace(/(?<=[[ ])(NaN|-?Infinity)(?=[,\]}])/g, '"<$1>"')
}

function reviveNumbers(_key: string, value: unknown): unknown {
  const special = /^<(NaN|-?Infinity)>$/.exec(String(value))
  return special ? Number(special[1]) : value
}

/** The frames of the recordings that were made inside of a generator, by the formula of their README. */
export function pattern(frames: number, height: number, width: number, k: number): Uint8Array<ArrayBuffer> {
  const pixels = new Uint8Array(frames * height * width)
  let at = 0
  for (let i = 0; i < frames; i++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) pixels[at++] = (3 * x + 5 * y + 17 * i + 29 * k) ^ ((x * y) >> 3)
    }
  }
  return pixels
}
