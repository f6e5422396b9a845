import { join } from 'node:path'
import type { Conversion, Core, IndexEntry } from '../core/core.js'
import { loadCore } from '../core/load.js'
import { nodeDisk } from '../disk/disk-node.js'
import { isFramewireError } from '../errors.js'
import { conversionFor } from '../frames/conversion.js'
import type { FrameRun } from '../frames/stack.js'
import { storedFrameStream } from '../journal/keeper-node.js'
import type { ChunkFault, JournalView, KeptBody } from '../journal/place.js'
import type { ChunkEntry, FrameSession, SpillEntry } from '../journal/records.js'
import { heldChunks, type JournalState } from '../journal/state.js'
import { ShardChecker } from '../store/checker.js'
import { FRAMES_ZARR, FrameFolder, framesLayout } from '../store/frame-folder.js'
import { Staging } from '../store/staging.js'
import { StoredFrames } from '../store/stored-frames.js'
import { groupAttributes, makeStreamFolder } from '../store/stream-folder.js'
import { unspilled } from '../streaming/spill.js'
import { writeNpy } from './npy-file.js'
import { usage } from './outcome.js'
import type { Output } from './output.js'
import type { Recovered } from './recovered.js'

/** A chunk of frames that a journal holds, packed or as it came. */
type Held = ChunkEntry | SpillEntry

/**
 * The frames that a journal holds. The chunks are taken into the folder of a stream, as a server takes them: each is
 * decoded and checked; frames that wait to be packed are packed first.
 */
export async function recoverFrames(
  view: JournalView,
  session: FrameSession,
  { scratch, kind, output }: { scratch: string; kind: 'npy' | 'zarr'; output: Output },
): Promise<Recovered> {
  const held = heldIn(view.state)
  const { dataId } = session
  if (held.length === 0)
    throw usage(`the journal of ${dataId} holds no frames: all were stored, or none were journaled.`)
  const core = await loadCore()
  const folder = join(scratch, 'stream')
  const frames = await framesIn(folder, scratch, session, view.state, core)
  const sound: Held[] = []
  const damaged: ChunkFault[] = []
  for (const entry of held) {
    const { index } = entry
    try {
      await frames.put(claimOf(session, entry), await shardOf(entry, view, session, core))
      sound.push(entry)
      output.note(`chunk ${index}: ${entry.frames} frames`)
    } catch (error) {
      if (!isFramewireError(error) || !/^(journal\/damaged|shard\/.*)$/.test(error.code)) throw error
      damaged.push({ chunk: index, error })
      output.note(`chunk ${index}: ${error.message}`)
    }
  }
  if (sound.length === 0) throw damaged[0]!.error
  const count = sound.reduce((sum, entry) => sum + entry.frames, 0)
  const chunks = sound.map(({ index }) => index)
  return {
    path:
      kind === 'zarr'
        ? join(folder, FRAMES_ZARR)
        : await writeNpy(join(scratch, 'frames.npy'), await StoredFrames.open(folder, core), sound),
    figures: { frames: count, chunks },
    rows: [['Frames', `${count} in ${chunks.length} chunks (${chunks.join(', ')})`]],
    damaged,
    storedElsewhere: view.state.chunks.size - heldChunks(view.state).length,
  }
}

/** In their order: they were journaled as they were packaged. */
function heldIn(state: JournalState): Held[] {
  const packed = heldChunks(state).map(({ entry }) => entry)
  const spilled = [...state.spills.values()].map(({ entry }) => entry)
  return [...packed.filter(({ index }) => !state.spills.has(index)), ...spilled].sort(
    (a, b) => a.index - b.index,
  )
}

/** A stream's folder, with no chunk in it yet. */
async function framesIn(
  folder: string,
  scratch: string,
  session: FrameSession,
  state: JournalState,
  core: Core,
): Promise<FrameFolder> {
  const record = storedFrameStream(session, state)
  await makeStreamFolder(nodeDisk, folder, record, framesLayout(groupAttributes(record)))
  const staging = new Staging(nodeDisk, scratch)
  await nodeDisk.makeFolder(staging.folder)
  const checker = new ShardChecker(core)
  return new FrameFolder(folder, staging, {
    check: async (path, claim) => checker.check(path, claim),
    close: async () => {},
  })
}

function claimOf({ fps, chunkSize }: FrameSession, { index, frames, height, width, captureStartMs }: Held) {
  return { index, chunkSize, frames, height, width, fps, startUnixMs: captureStartMs }
}

/** The bytes of a chunk's shard. */
async function shardOf(
  entry: Held,
  view: JournalView,
  session: FrameSession,
  core: Core,
): Promise<AsyncIterable<Uint8Array>> {
  if ('md5' in entry) return pieces(await view.body(entry.index))
  const run = unspilled(entry, await view.spilled(entry.index))
  return packed(run, conversionOf(run, session, view.state), core)
}

async function* pieces(body: KeptBody): AsyncGenerator<Uint8Array> {
  if (body instanceof Blob) yield new Uint8Array(await body.arrayBuffer())
  else yield* body
}

/** The shard of frames that were not packed yet. */
async function* packed(run: FrameRun, conversion: Conversion, core: Core): AsyncGenerator<Uint8Array> {
  const { frames, format, height, width, bytesPerFrame } = run
  const frame = new Uint8Array(bytesPerFrame)
  const index: IndexEntry[] = []
  let offset = 0
  for (let i = 0; i < frames; i++) {
    run.copyFrame(i, frame)
    const { data } = core.pack(frame, format, height, width, conversion)
    index.push({ offset, length: data.byteLength })
    offset += data.byteLength
    yield data
  }
  yield core.writeIndex(index)
}

function conversionOf(run: FrameRun, session: FrameSession, { range }: JournalState): Conversion {
  const { gray, ...stated } = conversionFor(run, session)
  // A range that is to be measured is in the journal before any frames are.
  return { gray, range: stated.range === 'measured' ? range : stated.range }
}
