import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { uploadSecret } from '../../ts/server/upload-urls.js'
import { checkedContent } from '../../ts/store/checksum.js'
import { DirectoryStore } from '../../ts/store/directory-store.js'
import { hashOf } from '../../ts/store/shard-file.js'
import type { ChunkClaim, ChunkRecord, LinkKind, SeriesChunk } from '../../ts/store/store.js'
import { DiskCrashed, type ForgetfulDisk } from '../disk/forgetful-disk.js'
import { readZarr } from '../disk/zarr.js'
import type { ZarritaArray } from '../interop/zarrita.js'
import { checkerOn, makeShard, pattern } from '../unit/store/shards.js'

const STORE = '/data/store'
const [CHUNK, HEIGHT, WIDTH] = [4, 6, 10]

/** What a client asked for. */
interface Request {
  name: string
  /** Facts that are true once it was answered; a value that only the answer tells is left out. */
  facts: Record<string, string | undefined>
  /** Answers the value that was left out. */
  send(client: Client): Promise<string | undefined>
}

/** What a client may rely on: the facts of answered requests; those of requests under way may be true or not. */
export class Expectations {
  readonly answered: Map<string, string>
  readonly pending: Map<string, string | undefined>

  constructor(of?: Expectations) {
    this.answered = new Map(of?.answered)
    this.pending = new Map(of?.pending)
  }
}

/** A client in the server's own process: sends requests, and keeps account of what was answered. */
class Client {
  readonly store: DirectoryStore
  readonly disk: ForgetfulDisk
  readonly known: Expectations

  constructor(store: DirectoryStore, disk: ForgetfulDisk, known: Expectations) {
    this.store = store
    this.disk = disk
    this.known = known
  }

  /** Id of the stream that was made with a key. */
  id(stream: string): string {
    return this.known.answered.get(stream)!
  }

  async send({ facts, send }: Request): Promise<void> {
    for (const [fact, value] of Object.entries(facts)) this.known.pending.set(fact, value)
    const told = await send(this)
    for (const [fact, value] of Object.entries(facts)) {
      this.known.answered.set(fact, value ?? told!)
      this.known.pending.delete(fact)
    }
  }
}

/** Shards that are sent, by the hash that they are known by. */
const sent = new Map<string, { pixels: Uint8Array; shard: Uint8Array }>()

/** The SHA-256 of shard number `k` of so many frames. */
function shardOf(frames: number, k: number): string {
  const pixels = pattern(frames, HEIGHT, WIDTH, k)
  const shard = makeShard(pixels, frames, HEIGHT, WIDTH)
  const hash = createHash('sha256').update(shard).digest('hex')
  sent.set(hash, { pixels, shard })
  return hash
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 300) yield bytes.subarray(at, at + 300)
}

const frames = (stream: string): Request => ({
  name: `create ${stream}`,
  facts: { [stream]: undefined },
  send: async ({ store }) => {
    const traits = { name: stream, fps: 4, rotationsPerMin: 0, rotationalPeriod: null }
    return (await store.create({ kind: 'frames', ...traits, idempotencyKey: stream })).id
  },
})
const series = (stream: string): Request => ({
  name: `create ${stream}`,
  facts: { [stream]: undefined },
  send: async ({ store }) =>
    (await store.create({ kind: 'series', name: stream, pointsPerChunk: 9, idempotencyKey: stream })).id,
})
const chunk = (stream: string, index: number, count: number, k: number): Request => {
  const hash = shardOf(count, k)
  const claim: ChunkClaim = {
    index,
    chunkSize: CHUNK,
    frames: count,
    height: HEIGHT,
    width: WIDTH,
    fps: 4,
    startUnixMs: 1000 * index,
  }
  return {
    name: `chunk ${index} of ${stream}, shard ${k} of ${count} frames`,
    facts: { [`${stream} chunk ${index}`]: hash },
    send: async (client) => {
      await client.store.frames(client.id(stream)).put(claim, pieces(sent.get(hash)!.shard))
      return undefined
    },
  }
}
const points = (stream: string, index: number, values: Record<string, number[]>): Request => ({
  name: `points ${index} of ${stream}`,
  facts: Object.fromEntries(
    Object.entries(values).map(([channel, each]) => [`${stream} ${channel} ${index}`, each.join()]),
  ),
  send: async (client) => {
    const channels: SeriesChunk['channels'] = Object.fromEntries(
      Object.entries(values).map(([channel, each]) => [channel, { timestamps: each, values: each }]),
    )
    await client.store.series(client.id(stream)).put({ index, channels })
    return undefined
  },
})
const end = (stream: string): Request => ({
  name: `end ${stream}`,
  facts: { [`${stream} ended`]: 'yes' },
  send: async (client) => {
    await client.store.end(client.id(stream))
    return undefined
  },
})
const named = (kind: LinkKind, name: string): Request => ({
  name: `make ${kind} ${name}`,
  facts: { [`${kind} ${name}`]: undefined },
  send: async ({ store }) => (await store.addNamed(kind, name)).id,
})
const link = (stream: string, kind: LinkKind, name: string): Request => ({
  name: `link ${stream} with ${kind} ${name}`,
  facts: { [`${stream} has ${kind} ${name}`]: 'yes' },
  send: async (client) => {
    const [id, other] = [client.id(stream), client.id(`${kind} ${name}`)]
    await (kind === 'sample' ? client.store.linkSample(id, other) : client.store.linkTags(id, [other]))
    return undefined
  },
})
const track: Request = {
  name: 'track a sample',
  facts: { tracked: 'yes' },
  send: async (client) => {
    await client.store.track('project', client.id('sample GaN'), true)
    return undefined
  },
}
const secret: Request = {
  name: 'sign upload URLs',
  facts: { secret: undefined },
  send: async ({ disk }) => Buffer.from(await uploadSecret(STORE, disk)).toString('hex'),
}

/** The requests, in order; those of one row at once. */
const WORKLOAD: Request[][] = [
  [frames('growth')],
  [series('heater')],
  [chunk('growth', 1, 4, 1)],
  [chunk('growth', 0, 2, 2)],
  [named('sample', 'GaN')],
  [named('tag', 'a')],
  [chunk('growth', 1, 4, 1)],
  [points('heater', 0, { T: [1, 2] })],
  [points('heater', 2, { T: [5], P: [7, 8, 9] })],
  [link('growth', 'sample', 'GaN')],
  [chunk('growth', 0, 4, 3)],
  [secret],
  [chunk('growth', 1, 3, 4)],
  [points('heater', 0, { T: [3] })],
  [frames('second'), chunk('growth', 3, 4, 5)],
  [
    chunk('growth', 2, 4, 6),
    chunk('second', 0, 4, 7),
    chunk('second', 1, 1, 8),
    points('heater', 3, { T: [6] }),
  ],
  [end('heater'), link('growth', 'tag', 'a')],
  [points('heater', 4, { T: [0] })],
  [track, end('growth')],
]

/** Values of the channels T and P when their stream is ended. */
const ENDED = { T: [3, 5, 6], P: [7, 8, 9] }

/** Number of rows. */
export const ROWS = WORKLOAD.length

/** A run of the workload that a crash of the disk may end. */
export interface Run {
  disk: ForgetfulDisk
  known: Expectations
  /** Rows that were answered as a whole. */
  rows: number
  /** Operations of the disk when the store was open, and when each row was answered. */
  operations: number[]
}

/** Open a store on a disk, and send the workload from a row on, up to another, until the disk crashes. */
export async function run(
  disk: ForgetfulDisk,
  { known = new Expectations(), from = 0, to = ROWS } = {},
): Promise<Run> {
  let rows = from
  const operations: number[] = []
  try {
    const store = await DirectoryStore.open(STORE, checkerOn(disk), disk)
    const client = new Client(store, disk, known)
    operations.push(disk.operations)
    for (const row of WORKLOAD.slice(from, to)) {
      const results = await Promise.allSettled(row.map((request) => client.send(request)))
      for (const result of results) if (result.status === 'rejected') throw result.reason
      operations.push(disk.operations)
      rows++
    }
  } catch (error) {
    if (!(error instanceof DiskCrashed)) throw error
  }
  return { disk, known, rows, operations }
}

/**
 * All that was answered must be on a disk, and nothing by half: chunks and ended channels for other readers even before
 * a server comes, the rest once it has opened the store.
 */
export async function check(disk: ForgetfulDisk, known: Expectations): Promise<void> {
  const { answered, pending } = known
  await checkUnopened(disk, known)
  const store = await DirectoryStore.open(STORE, checkerOn(disk), disk)
  expect(await disk.list(`${STORE}/.framewire/incoming`)).toEqual([])
  const found = await factsOf(disk, store)
  for (const [fact, value] of answered) {
    if (pending.has(fact) && found.get(fact) === pending.get(fact)) continue
    expect(found.get(fact), fact).toBe(value)
  }
  for (const fact of found.keys()) {
    if (!answered.has(fact)) expect([...pending.keys()], 'what nobody asked for').toContain(fact)
  }
}

/** Chunks that were answered, and channels that were ended, can be read though no server has repaired anything. */
async function checkUnopened(disk: ForgetfulDisk, { answered, pending }: Expectations): Promise<void> {
  const arrays = new Map<string, Promise<ZarritaArray>>()
  for (const [fact, value] of answered) {
    if (pending.has(fact)) continue
    const [, stream, index] = /^(\w+) chunk (\d+)$/.exec(fact) ?? []
    if (stream) {
      const array =
        arrays.get(stream) ?? readZarr(disk, `${STORE}/${answered.get(stream)}/frames.zarr`, '/frames')
      arrays.set(stream, array)
      const { data } = await array
      const { pixels } = sent.get(value)!
      const at = Number(index) * CHUNK * HEIGHT * WIDTH
      expect(Buffer.compare((data as Uint8Array).subarray(at, at + pixels.length), pixels), fact).toBe(0)
    }
    const [, ended] = /^(\w+) ended$/.exec(fact) ?? []
    const later = [...answered.keys(), ...pending.keys()].includes('heater T 4')
    if (ended === 'heater' && !later) {
      const group = `${STORE}/${answered.get(ended)}/series.zarr`
      for (const [channel, values] of Object.entries(ENDED)) {
        expect(await valuesOf(disk, `${group}/${channel}`), channel).toEqual(values)
        expect(await documentOf(disk, `${group}/${channel}`)).toMatchObject({ channel_name: channel })
      }
    }
  }
}

/** All facts that a store knows of; throws where its files do not agree with each other. */
async function factsOf(disk: ForgetfulDisk, store: DirectoryStore): Promise<Map<string, string>> {
  const facts = new Map<string, string>()
  const names = new Map<string, string>()
  for (const kind of ['sample', 'tag'] as const) {
    for (const { id, name } of store.named(kind)) {
      facts.set(`${kind} ${name}`, id)
      names.set(id, name)
    }
  }
  for (const { id, name, kind, endedAt, sampleId, tagIds } of store.streams()) {
    facts.set(name!, id)
    if (endedAt) facts.set(`${name} ended`, 'yes')
    if (sampleId) facts.set(`${name} has sample ${names.get(sampleId)}`, 'yes')
    for (const tag of tagIds) facts.set(`${name} has tag ${names.get(tag)}`, 'yes')
    const group = `${STORE}/${id}/${kind}.zarr`
    expect(await documentOf(disk, group)).toMatchObject({ data_id: id })
    if (kind === 'frames') {
      const chunks = await store.frames(id).chunks()
      for (const { index, sha256 } of chunks) facts.set(`${name} chunk ${index}`, sha256)
      await checkFrames(disk, group, chunks)
    } else {
      for (const channel of await store.series(id).channels()) {
        const values = await valuesOf(disk, `${group}/${channel.name}`)
        for (const { index, points } of channel.chunks)
          facts.set(`${name} ${channel.name} ${index}`, values.splice(0, points).join())
        expect(values, 'points of no chunk').toEqual([])
      }
    }
  }
  const read = (name: string) => disk.read(`${STORE}/.framewire/${name}`).catch(() => undefined)
  const catalog = await read('catalog.json')
  const { projects } = catalog
    ? checkedContent<{ projects: Record<string, unknown> }>(catalog, 'catalog')
    : { projects: {} }
  if ('project' in projects) facts.set('tracked', 'yes')
  const key = await read('secret')
  if (key) facts.set('secret', Buffer.from(key).toString('hex'))
  return facts
}

/** The arrays of a stream must hold just these chunks. */
async function checkFrames(
  disk: ForgetfulDisk,
  group: string,
  chunks: readonly ChunkRecord[],
): Promise<void> {
  const folders = await disk.list(`${group}/frames/c`).catch(() => [])
  for (const { name } of folders) {
    const isKnown = chunks.some(({ index }) => index === Number(name))
    const files = await disk.list(`${group}/frames/c/${name}/0`).catch(() => [])
    if (!isKnown) expect(files, 'a shard without a record').toEqual([])
  }
  const last = chunks.at(-1)
  if (!last) {
    for (const array of ['frames', 'present', 'time_unix_ms'])
      await expect(documentOf(disk, `${group}/${array}`), array).rejects.toMatchObject({ code: 'ENOENT' })
    return
  }
  const length = last.index * CHUNK + last.frames
  const pixels = new Uint8Array(length * HEIGHT * WIDTH)
  const present = new Uint8Array(length)
  const times = new Float64Array(length).fill(Number.NaN)
  for (const { index, frames, sha256, storedSha256, startUnixMs } of chunks) {
    pixels.set(sent.get(sha256)!.pixels, index * CHUNK * HEIGHT * WIDTH)
    present.fill(1, index * CHUNK, index * CHUNK + frames)
    for (let frame = 0; frame < frames; frame++) times[index * CHUNK + frame] = startUnixMs! + 250 * frame
    expect(await hashOf(disk, `${group}/frames/c/${index}/0/0`)).toBe(storedSha256)
  }
  const [found, foundPresent, foundTimes] = await Promise.all(
    ['frames', 'present', 'time_unix_ms'].map((name) => readZarr(disk, group, `/${name}`)),
  )
  expect(found!.shape).toEqual([length, HEIGHT, WIDTH])
  expect(Buffer.compare(Buffer.from(found!.data as Uint8Array), pixels), 'pixels').toBe(0)
  expect([...Array.from(foundPresent!.data)]).toEqual([...present])
  expect([...Array.from(foundTimes!.data)]).toEqual([...times])
}

/** What a group or an array says of itself. */
async function documentOf(disk: ForgetfulDisk, group: string): Promise<object> {
  const text = Buffer.from(await disk.read(`${group}/zarr.json`)).toString()
  return (JSON.parse(text) as { attributes: object }).attributes
}

/** The values of a channel; its times are the same here. */
async function valuesOf(disk: ForgetfulDisk, channel: string): Promise<number[]> {
  const [values, times] = await Promise.all(
    ['values', 'timestamps'].map(async (name) =>
      Array.from((await readZarr(disk, channel, `/${name}`)).data),
    ),
  )
  expect(times).toEqual(values)
  return values!
}
