// One end of test/bench/datagrams.mjs. Arguments: what it is, and for it as JSON.
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const folder = fileURLToPath(new URL('../../ts/datagrams/', import.meta.url))
const load = async (file) => (await runnerImport(join(folder, file))).module
const { makeBatch, putPacket } = await load('batch.ts')
const { shimDatagrams } = await load('shim-node.ts')

const [role, given] = process.argv.slice(2)
const task = JSON.parse(given)
await (role === 'sender' ? send(task) : receive(role, task))

/** Send at a rate for a time, told by each line of standard input; answers what was sent and the CPU time of it. */
async function send({ address, packetBytes }) {
  const socket = await shimDatagrams().open({ address: '0.0.0.0' })
  process.stdout.write('0\n')
  for await (const line of lines()) {
    const { to, packetsPerSecond, seconds } = JSON.parse(line)
    const batch = makeBatch(128, packetBytes)
    for (let slot = 0; slot < 128; slot++) {
      putPacket(batch, slot, new Uint8Array(packetBytes).fill(slot), { address, port: to })
    }
    const cpu = process.cpuUsage()
    const start = performance.now()
    let sent = 0
    while (performance.now() - start < seconds * 1000) {
      // Where this process was not let run, it does not make up for more than 20 ms: a camera would not either.
      const elapsed = (performance.now() - start) / 1000
      const due = Math.min(packetsPerSecond * elapsed - sent, packetsPerSecond / 50)
      if (due < 1) await sleep(1)
      else sent += await socket.sendMany(batch, Math.min(128, Math.floor(due)))
    }
    const { user, system } = process.cpuUsage(cpu)
    process.stdout.write(`${JSON.stringify({ sent, cpuSeconds: (user + system) / 1e6 })}\n`)
  }
}

/** Receive into WebAssembly memory until standard input ends; answers how many packets came. */
async function receive(role, { address }) {
  const datagrams = role === 'dgram' ? (await load('dgram-node.ts')).dgramDatagrams() : shimDatagrams()
  const socket = await datagrams.open({ address, receiveBufferBytes: 32 << 20 })
  process.stdout.write(`${socket.local.port}\n`)
  let ended = false
  once(process.stdin.resume(), 'end').then(() => {
    ended = true
  })
  const memory = new WebAssembly.Memory({ initial: 32 })
  const slots = 512
  let packets = 0
  while (!ended) {
    const into = {
      memory: new Uint8Array(memory.buffer, 0, slots * 2048),
      slotBytes: 2048,
      table: new Uint32Array(memory.buffer, slots * 2048, slots * 5),
    }
    const count = socket.receive(into, role === 'blocking' ? 1 : 0)
    packets += count
    if (count < slots) await (role === 'blocking' ? turn() : sleep(1))
  }
  process.stdout.write(`${packets}\n`)
}

async function* lines() {
  const { createInterface } = await import('node:readline')
  yield* createInterface({ input: process.stdin })
}
