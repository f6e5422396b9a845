import { mkdtemp, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { loadCore } from '../core/load.js'
import { isFramewireError } from '../errors.js'
import { dataIdOf } from '../journal/directory.js'
import type { ChunkFault, JournalView, KeptBody } from '../journal/place.js'
import type { ChunkEntry, FrameSession } from '../journal/records.js'
import { heldChunks } from '../journal/state.js'
import { ShardChecker } from '../store/checker.js'
import { DirectoryStore } from '../store/directory-store.js'
import { FRAMES_ZARR } from '../store/frame-folder.js'
import { StoredFrames } from '../store/stored-frames.js'
import { journalsIn } from './journal-place.js'
import { failed, type Outcome, usage } from './outcome.js'
import type { Output } from './output.js'
import { type Row, table } from './table.js'

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
  const place = dirname(resolve(out))
  const isPlace = (await stat(place).catch(() => undefined))?.isDirectory()
  if (!isPlace) throw usage(`--out is written into a folder that is there; ${place} is none.`)
  const folder = resolve(path)
  const dataId = dataIdOf(basename(folder))
  if (dataId === undefined) throw usage(`${path} is no folder of a journal.`)
  const view = await journalsIn(dirname(folder), output).look(dataId)
  const { session, chunks } = view.state
  // In their order: they were journaled as they were packaged.
  const held = heldChunks(view.state)
    .map(({ entry }) => entry)
    .sort((a, b) => a.index - b.index)
  if (session.kind !== 'frames' || held.length === 0)
    throw usage(`the journal of ${dataId} holds no frames: all were stored, or none were journaled.`)

  const scratch = await mkdtemp(join(place, '.recover-'))
  try {
    const { stream, sound, damaged } = await restored(session, held, view, scratch, output)
    const frames = sound.reduce((sum, entry) => sum + entry.frames, 0)
    if (frames === 0) throw damaged[0]!.error
    await rename(kind === 'zarr' ? join(stream, FRAMES_ZARR) : await npyFile(scratch, stream, sound), out)
    const indexes = sound.map(({ index }) => index)
    const storedElsewhere = chunks.size - held.length
    const value = {
      dataId,
      out,
      frames,
      chunks: indexes,
      damaged: damaged.map(({ chunk }) => chunk),
      storedElsewhere,
    }
    const text = table([
      ['Stream', dataId],
      ['Frames', `${frames} in ${indexes.length} chunks (${indexes.join(', ')})`],
      ...damaged.map(({ chunk, error }): Row => [`Chunk ${chunk}`, error.message]),
      [
        'Elsewhere',
        storedElsewhere > 0 && `${storedElsewhere} chunks were stored by the service and are not here`,
      ],
      ['Written', out],
    ])
    return damaged[0] ? failed(damaged[0].error, value, text) : { exitCode: 0, value, text }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** A store with those of the chunks that are sound. `stream`: the folder of its stream. */
async function restored(
  { fps, rotationsPerMin, chunkSize, streamName }: FrameSession,
  held: readonly ChunkEntry[],
  view: JournalView,
  scratch: string,
  output: Output,
): Promise<{ stream: string; sound: ChunkEntry[]; damaged: ChunkFault[] }> {
  const checker = new ShardChecker(await loadCore())
  const store = await DirectoryStore.open(scratch, {
    check: async (path, claim) => checker.check(path, claim),
    close: async () => {},
  })
  const { id } = await store.create({
    kind: 'frames',
    name: streamName,
    fps,
    rotationsPerMin,
    rotationalPeriod: rotationsPerMin === 0 ? null : (fps * 60) / rotationsPerMin,
  })
  const sound: ChunkEntry[] = []
  const damaged: ChunkFault[] = []
  for (const entry of held) {
    const { index, frames, height, width, captureStartMs } = entry
    const claim = { index, chunkSize, frames, height, width, fps, startUnixMs: captureStartMs }
    try {
      await store.frames(id).put(claim, pieces(await view.body(index)))
      sound.push(entry)
      output.note(`chunk ${index}: ${frames} frames`)
    } catch (error) {
      if (!isFramewireError(error) || !/^(journal\/damaged|shard\/.*)$/.test(error.code)) throw error
      damaged.push({ chunk: index, error })
      output.note(`chunk ${index}: ${error.message}`)
    }
  }
  await store.close()
  return { stream: join(scratch, id), sound, damaged }
}

async function* pieces(body: KeptBody): AsyncGenerator<Uint8Array> {
  if (body instanceof Blob) yield new Uint8Array(await body.arrayBuffer())
  else yield* body
}

/** The frames of these chunks, one after another, as a .npy file of uint8 (version 1.0 of the format); answers its path. */
async function npyFile(scratch: string, stream: string, chunks: readonly ChunkEntry[]): Promise<string> {
  const stored = await StoredFrames.open(stream, await loadCore())
  const { height, width, chunkSize } = stored
  const frames = chunks.reduce((sum, entry) => sum + entry.frames, 0)
  const about = `{'descr': '|u1', 'fortran_order': False, 'shape': (${frames}, ${height}, ${width}), }`
  const header = `${about.padEnd(Math.ceil((about.length + 11) / 64) * 64 - 11)}\n`
  const path = join(scratch, 'frames.npy')
  const file = await open(path, 'wx')
  try {
    const head = Buffer.alloc(10)
    head.write('\x93NUMPY\x01\x00', 'latin1')
    head.writeUInt16LE(header.length, 8)
    await file.appendFile(Buffer.concat([head, Buffer.from(header, 'latin1')]))
    for (const { index, frames: count } of chunks) {
      for (let at = 0; at < count; at += SLICE) {
        await file.appendFile(await stored.read(index * chunkSize + at, Math.min(SLICE, count - at)))
      }
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return path
}
