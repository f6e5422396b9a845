import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../../../setup/step.mjs'

const LIFETIME_MS = 600_000
const here = (name) => fileURLToPath(new URL(name, import.meta.url))

/**
 * Who receives, by name. Each takes a link, the packet size and how long it will be sent to; it starts the camera at the
 * other end, and answers its process and `whole`, which ends it and says what came.
 */
export const receivers = {
  'bare recvmmsg': async (link, { packetSize }) => {
    const program = join(root, 'target/release/examples/bare_receiver')
    const process = link.run('here', program, [link.here, String(packetSize)], {
      lifetimeMs: LIFETIME_MS,
    })
    const [port] = await process.line(/^\d+$/)
    const address = link.here.split('.').reduce((number, byte) => number * 256 + Number(byte), 0)
    const registers = [`R[0xd04]=${0x40000000 + packetSize}`, `R[0xd18]=${address}`, `R[0xd00]=${port}`]
    const started = await link
      .run('here', 'arv-tool-0.8', ['-a', link.there, 'control', ...registers, 'R[0xa010]=1'])
      .ended()
    if (started !== 0) throw new Error(`arv-tool ended with ${started}`)
    return {
      process,
      async whole() {
        process.finish()
        const [packets] = await process.line(/^\d+$/)
        return { packets: Number(packets) }
      },
    }
  },

  aravis: async (link, { packetSize, seconds }) => {
    const args = ['-n', link.there, '-i', String(packetSize), `--duration=${Math.ceil(seconds) + 3}`]
    const process = link.run('here', 'arv-camera-test-0.8', args, { lifetimeMs: LIFETIME_MS })
    return {
      process,
      async whole() {
        const [, whole] = await process.line(/^n_completed_buffers\s+= (\d+)/, 20_000)
        return { whole: Number(whole) }
      },
    }
  },

  pyGigEVision: async (link, { packetSize, python }) =>
    script(link, python, [here('pygigevision.py'), link.there, link.here, String(packetSize)]),

  framewire: async (link, { packetSize, receiveBufferBytes }) => {
    const options = { packetSize, receiveBufferBytes }
    return script(link, process.execPath, [here('framewire.mjs'), link.there, JSON.stringify(options)])
  },
}

/** A script that ends with a line of JSON after it was told a line. */
function script(link, program, args) {
  const process = link.run('here', program, args, { lifetimeMs: LIFETIME_MS })
  return {
    process,
    async whole() {
      process.tell('')
      const [line] = await process.line(/^\{.*\}$/)
      return JSON.parse(line)
    },
  }
}

/** Packets that the kernel dropped because the receive buffers of a process's UDP sockets were full. */
export function kernelDropsOf(pid) {
  const sockets = new Set()
  for (const file of readdirSync(`/proc/${pid}/fd`)) {
    const inode = readlinkSync(`/proc/${pid}/fd/${file}`).match(/^socket:\[(\d+)\]$/)?.[1]
    if (inode) sockets.add(inode)
  }
  return readFileSync(`/proc/${pid}/net/udp`, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => sockets.has(fields[9]))
    .reduce((sum, fields) => sum + Number(fields[12]), 0)
}
