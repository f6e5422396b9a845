import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Peer } from './peer.mjs'
import { alternate } from './rounds.mjs'

const FPS = 20
const CHUNK_SIZE = 40
/** Chunks of a round of a whole pipeline, and frames of a round of one packer alone. */
const CHUNKS = 8
const FRAMES = 104

/** Names of the contestants, as tables show them. */
export const OURS_ONE = 'framewire, packaging, 1 worker'
export const OURS_ALL = `framewire, packaging, ${Math.min(availableParallelism(), 8)} workers`
export const OURS_HTTP = 'framewire, end to end'
export const SDK = 'SDK, its whole path'
export const NATIVE_3 = 'native libzstd, level 3'
export const NATIVE_CHOSEN = 'native libzstd, our setting'
export const PACKERS = {
  numcodecs: 'numcodecs (JavaScript), level 1',
  'zstd-codec': 'zstd-codec (JavaScript), level 1',
}

/** Let all contestants carry or pack one input; answers the results of each, round by round. */
export async function contest(input, { rounds, python, native, scratch, say }) {
  const sink = node('sink.mjs')
  const processes = [sink]
  const start = (peer) => {
    processes.push(peer)
    return peer
  }
  try {
    const { url } = await sink.round({})
    const pipeline = { ...input, fps: FPS, chunkSize: CHUNK_SIZE }
    const packing = (maxWorkers) => {
      const peer = start(node('framewire.mjs', { ...pipeline, maxWorkers }))
      return () => peer.round({ chunks: CHUNKS })
    }
    // What came out is counted where it arrives.
    const overHttp = (peer) => async () => {
      const { bytes: before } = await sink.round({})
      const result = await peer.round({ chunks: CHUNKS })
      const { bytes: after } = await sink.round({})
      return { ...result, bytes: after - before }
    }
    const packer = (peer) => () => peer.round({ frames: FRAMES })
    const frameBytes = String(input.height * input.width)
    return await alternate(
      {
        [OURS_ONE]: packing(1),
        [OURS_ALL]: packing(undefined),
        [OURS_HTTP]: overHttp(start(node('framewire.mjs', { ...pipeline, endpoint: url }))),
        [SDK]: overHttp(start(sdk(python, { ...pipeline, endpoint: url }, scratch))),
        [NATIVE_3]: packer(start(new Peer(native, [input.file, frameBytes, 'level3']))),
        [NATIVE_CHOSEN]: packer(start(new Peer(native, [input.file, frameBytes, 'chosen']))),
        ...Object.fromEntries(
          Object.entries(PACKERS).map(([name, title]) => [
            title,
            packer(start(node('packer.mjs', { ...input, packer: name }))),
          ]),
        ),
      },
      rounds,
      say,
    )
  } finally {
    await Promise.all(processes.map((peer) => peer.close()))
  }
}

/** How long `push` takes, by the frames of a chunk; and what the parts of packaging cost. */
export async function details(input, { rounds }) {
  const push = node('push.mjs', { ...input, fps: FPS })
  const parts = node('parts.mjs', input)
  try {
    const small = await push.round({ chunkFrames: CHUNK_SIZE, pushes: 24 })
    const large = await push.round({ chunkFrames: 240, pushes: 8 })
    await parts.round({ repeats: 1 })
    const costs = []
    for (let round = 0; round < rounds; round++) costs.push(await parts.round({ repeats: 4 }))
    return { pushes: [small, large], parts: costs }
  } finally {
    await Promise.all([push.close(), parts.close()])
  }
}

function node(script, task = {}) {
  return new Peer(process.execPath, [place(script), JSON.stringify(task)])
}

/** The SDK never gets out of this machine, and keeps its spool in a folder of its own. */
function sdk(python, task, scratch) {
  const env = {
    HTTP_PROXY: '',
    HTTPS_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '127.0.0.1',
    ATOMSCALE_SKIP_CLOCK_SYNC: '1',
    XDG_CACHE_HOME: scratch,
  }
  return new Peer(python, [place('sdk.py'), JSON.stringify(task)], env)
}

const place = (script) => fileURLToPath(new URL(script, import.meta.url))
