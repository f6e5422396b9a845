import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../../../setup/step.mjs'
import { spread } from '../rounds.mjs'
import { cpuSecondsOf } from '../usage.mjs'
import { bandwidthMBps, FRAME_BYTES } from './frame.mjs'
import { targets } from './targets.mjs'

const LIFETIME_MS = 1_800_000
/** A run of one download: pyTelops takes half a minute for 10,000 frames where nothing is lost, and minutes where it is. */
const DOWNLOAD_MS = 900_000
/** More than any link here: the link is to be the limit, not the camera. */
const BITRATE_MBPS = 2000
/** What a download into memory may have is 2 GiB. */
const MOST_IN_MEMORY = 6000
const LIVE_HZ = 750
const READ_HZ = 30
/** As a device: the simulator has a processor before others do. */
const DEVICE = ['-n', '-15']

const here = (name) => fileURLToPath(new URL(name, import.meta.url))

/** Every figure of the benchmark. `layLink` is that of test/gige. */
export async function bench({ frames, rounds, seconds, python, layLink, say }) {
  const folder = mkdtempSync(join(tmpdir(), 'framewire-bench-telops-'))
  const links = []
  try {
    for (const mtu of [1500, 9000]) {
      const link = await layLink({ mtu, apart: true })
      try {
        const common = { link, python, folder, mtu, say: (what) => say(`• MTU ${mtu}: ${what}`) }
        links.push({ mtu, ...(await onLink(common, { frames, rounds, seconds })) })
      } finally {
        await link.close()
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const machine = `${cpus().length} x ${cpus()[0].model}, Node ${process.version}`
  return { machine, frames, rounds, seconds, liveHz: LIVE_HZ, links, targets: links.flatMap(targets) }
}

async function onLink({ link, python, folder, mtu, say }, { frames, rounds, seconds }) {
  const camera = await startCamera(link, bandwidthMBps(mtu))
  /** What a script says at its end, and what the camera sent meanwhile. */
  const run = async (program, args) => {
    camera.begin()
    const process = link.run('here', program, args.map(String), { lifetimeMs: LIFETIME_MS })
    const [line] = await process.line(/^\{.*\}$/, DOWNLOAD_MS)
    await process.ended()
    return { ...JSON.parse(line), sent: await camera.sent() }
  }
  const node = (script, ...args) => run(process.execPath, [here(script), ...args])

  say(`${frames} frames are recorded`)
  const recording = link.run('here', process.execPath, [here('record.mjs'), link.there, String(frames)], {
    lifetimeMs: LIFETIME_MS,
  })
  await recording.line(/^recorded \d+$/, DOWNLOAD_MS)
  await recording.ended()

  const options = { packetSize: mtu, bitrateMbps: BITRATE_MBPS }
  const file = join(folder, 'download.npy')
  const peers = {
    'bare recvmmsg': { frames, download: () => bare(link, camera, { mtu, frames }) },
    'framewire, file': {
      frames,
      download: async () => {
        try {
          return await node('framewire.mjs', link.there, JSON.stringify({ ...options, count: frames }), file)
        } finally {
          rmSync(file, { force: true })
        }
      },
    },
    'framewire, memory': {
      frames: Math.min(frames, MOST_IN_MEMORY),
      download() {
        return node('framewire.mjs', link.there, JSON.stringify({ ...options, count: this.frames }))
      },
    },
    pyTelops: {
      frames,
      download: () => run(python, [here('pytelops.py'), link.there, link.here, frames, mtu, BITRATE_MBPS]),
    },
  }
  const results = Object.fromEntries(Object.keys(peers).map((name) => [name, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const [name, peer] of Object.entries(peers)) {
      say(`${name}, ${peer.frames} frames (${round} of ${rounds})`)
      results[name].push(await peer.download())
    }
  }
  const linkSeconds = spread(results['bare recvmmsg'].map(({ seconds }) => seconds)).median
  const downloads = Object.entries(results).map(([name, of]) => {
    const middle = (figure) => spread(of.map(figure)).median
    const rawBytes = peers[name].frames * FRAME_BYTES
    const took = middle(({ seconds }) => seconds)
    return {
      name,
      frames: peers[name].frames,
      seconds: took,
      ofLink: took / ((linkSeconds * peers[name].frames) / frames),
      framesPerSecond: peers[name].frames / took,
      throughputMBps: rawBytes / 1e6 / took,
      cpuSecondsPerGB: middle(({ cpuSeconds }) => cpuSeconds / (rawBytes / 1e9)),
      peakRssBytes: middle(({ peakRssBytes }) => peakRssBytes),
      wrong: middle(({ wrong }) => wrong),
      sentSeconds: middle(({ sent }) => sent.seconds),
      resendRequested: middle(({ resendRequested = 0 }) => resendRequested),
    }
  })

  say(`every live frame of ${LIVE_HZ} a second for ${seconds} s`)
  const every = await node('live.mjs', link.there, LIVE_HZ, seconds, mtu)
  say(`the latest of them, ${READ_HZ} times a second`)
  const latest = await node('live.mjs', link.there, LIVE_HZ, seconds, mtu, READ_HZ)
  await camera.close()
  return { linkSeconds, downloads, live: { every, latest, periodMs: 1000 / LIVE_HZ } }
}

/** The simulated camera at the other end, in a process of its own. */
async function startCamera(link, bandwidthMBps) {
  const args = [...DEVICE, process.execPath, here('camera.mjs'), link.there, String(bandwidthMBps)]
  const camera = link.run('there', 'nice', args, { lifetimeMs: LIFETIME_MS })
  await camera.line(/^ready$/)
  return {
    /** Count from now on. */
    begin: () => camera.tell('begin'),
    /** What it sent since then, when that is over. */
    async sent() {
      camera.tell('end')
      const [line] = await camera.line(/^\{.*\}$/, DOWNLOAD_MS)
      return JSON.parse(line)
    },
    async close() {
      camera.finish()
      await camera.ended()
    },
  }
}

/** The link's own time: the camera sends to a receiver that looks at nothing. */
async function bare(link, camera, { mtu, frames }) {
  camera.begin()
  const program = join(root, 'target/release/examples/bare_receiver')
  const receiver = link.run('here', program, [link.here, String(mtu)], { lifetimeMs: LIFETIME_MS })
  const [port] = await receiver.line(/^\d+$/)
  const address = link.here.split('.').reduce((number, byte) => number * 256 + Number(byte), 0)
  const args = [here('bare.mjs'), link.there, address, port, mtu, frames, BITRATE_MBPS].map(String)
  const host = link.run('here', process.execPath, args, { lifetimeMs: LIFETIME_MS })
  const sent = await camera.sent()
  const cpuSeconds = cpuSecondsOf(receiver.pid)
  host.tell('')
  await host.line(/^stopped$/)
  receiver.finish()
  const [packets] = await receiver.line(/^\d+$/)
  await Promise.all([receiver.ended(), host.ended()])
  return { seconds: sent.seconds, sent, cpuSeconds, wrong: sent.packets - Number(packets) }
}
