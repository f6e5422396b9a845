import { mkdtemp, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { loadCore } from '../core/load.js'
import type { JournalView } from '../journal/place.js'
import { heldChunks } from '../journal/records.js'
import { ShardChecker } from '../store/checker.js'
import { DirectoryStore } from '../store/directory-store.js'
import { StoredFrames } from '../store/stored-frames.js'
import { journalsAt } from './journal-place.js'
import { type Outcome, usage } from './outcome.js'
import type { Output } from './output.js'
import { table } from './table.js'

/** What the command line says of a recovery. */
export interface RecoverOptions {
  out: string
}

/** Frames that are written at once. */
const SLICE = 16

/**
 * `framewire recover`: the frames that a stream's journal holds, with no server at all; the journal stays as it is. The
 * chunks are taken into a store of their own, as a server takes them: each is decoded and checked.
 */
export async function recover(path: string, { out }: RecoverOptions, output: Output): Promise<Outcome> {
  const kind = /\.(npy|zarr)$/.exec(out)?.[1]
  if (!kind) throw usage('--out must end in .npy (the frames alone) or .zarr (a group, gaps marked).')
  if (await stat(out).catch(() => undefined)) throw usage(`${out} exists already.`)
  const dataId = decodeURIComponent(basename(resolve(path)))
  const places = journalsAt(dirname(resolve(path)), (message) => output.problem(`framewire: ${message}`))
  const view = await places.look(dataId)
  const scratch = await mkdtemp(join(dirname(resolve(out)), '.recover-'))
  try {
    const stream = await restored(view, scratch, output)
    const frames = join(stream, 'frames.zarr')
    if (kind === 'zarr') await rename(frames, out)
    else await writeNpy(out, stream, view)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  // They were journaled as they were packaged, which need not be in their order.
  const chunks = heldChunks(view.state)
    .map(({ entry }) => entry.index)
    .sort((a, b) => a - b)
  const elsewhere = [...view.state.chunks.values()].filter(({ stored }) => stored).length
  const count = heldChunks(view.state).reduce((sum, { entry }) => sum + entry.frames, 0)
  const value = { dataId, out, frames: count, chunks, storedElsewhere: elsewhere }
  const text = table([
    ['Stream', dataId],
    ['Frames', `${count} in ${chunks.length} chunks (${chunks.join(', ')})`],
    ['Elsewhere', elsewhere > 0 && `${elsewhere} chunks were stored by the service and are not here`],
    ['Written', out],
  ])
  return { exitCode: 0, value, text }
}

/** A store with what the journal holds; answers the folder of its stream. */
async function restored({ state, body }: JournalView, scratch: string, output: Output): Promise<string> {
  const { session } = state
  const held = heldChunks(state)
  if (session.kind !== 'frames' || held.length === 0) {
    throw usage(`the journal of ${session.dataId} holds no frames: all were stored, or none were journaled.`)
  }
  const core = await loadCore()
  const checker = new ShardChecker(core)
  const store = await DirectoryStore.open(scratch, {
    check: async (path, claim) => checker.check(path, claim),
    close: async () => {},
  })
  const { fps, rotationsPerMin, chunkSize, streamName } = session
  const { id } = await store.create({
    kind: 'frames',
    name: streamName,
    fps,
    rotationsPerMin,
    rotationalPeriod: rotationsPerMin === 0 ? null : (fps * 60) / rotationsPerMin,
  })
  for (const { entry } of held.sort((a, b) => a.entry.index - b.entry.index)) {
    const { index, frames, height, width, captureStartMs } = entry
    const claim = { index, chunkSize, frames, height, width, fps, startUnixMs: captureStartMs }
    const kept = await body(index)
    await store.frames(id).put(claim, pieces(kept))
    output.note(`chunk ${index}: ${frames} frames`)
  }
  await store.close()
  return join(scratch, id)
}

async function* pieces(body: Awaited<ReturnType<JournalView['body']>>): AsyncGenerator<Uint8Array> {
  if (body instanceof Blob) yield new Uint8Array(await body.arrayBuffer())
  else yield* body
}

/** The frames that are there, one after another, as a .npy file of uint8 (version 1.0 of the format). */
async function writeNpy(out: string, stream: string, { state }: JournalView): Promise<void> {
  const stored = await StoredFrames.open(stream, await loadCore())
  const { height, width, chunkSize } = stored
  const held = heldChunks(state).map(({ entry }) => entry)
  const frames = held.reduce((sum, entry) => sum + entry.frames, 0)
  const about = `{'descr': '|u1', 'fortran_order': False, 'shape': (${frames}, ${height}, ${width}), }`
  const header = `${about.padEnd(Math.ceil((about.length + 11) / 64) * 64 - 11)}\n`
  const file = await open(out, 'wx')
  try {
    const head = Buffer.alloc(10)
    head.write('\x93NUMPY\x01\x00', 'latin1')
    head.writeUInt16LE(header.length, 8)
    await file.appendFile(Buffer.concat([head, Buffer.from(header, 'latin1')]))
    for (const { index, frames: count } of held.sort((a, b) => a.index - b.index)) {
      for (let at = 0; at < count; at += SLICE) {
        await file.appendFile(await stored.read(index * chunkSize + at, Math.min(SLICE, count - at)))
      }
    }
    await file.sync()
  } finally {
    await file.close()
  }
}
