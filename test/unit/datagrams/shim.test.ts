import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { makeBatch, putPacket } from '../../../ts/datagrams/batch.js'
import { shimDatagrams } from '../../../ts/datagrams/shim-node.js'
import { LOCAL, open, payload, receiveAll } from './sockets.js'

const shim = shimDatagrams()

describe('the shim', () => {
  it('counts what the kernel dropped, to the packet, also what was lost last', async () => {
    const receiver = await open(shim, { receiveBufferBytes: 65_536 })
    const sender = await open(shim)
    const batch = makeBatch(100, 1000)
    for (let at = 0; at < 100; at++) putPacket(batch, at, payload(1000), receiver.local)
    let sent = 0
    let received = 0
    for (const rounds of [10, 1, 5]) {
      // This thread sends and does not receive meanwhile.
      for (let round = 0; round < rounds; round++) sent += await sender.sendMany(batch, 100)
      while (received + receiver.kernelDrops! < sent && (await receiver.arrival(5_000))) {
        received += receiver.receive(makeBatch(64, 2048))
      }
      expect(received + receiver.kernelDrops!).toBe(sent)
    }
    expect(receiver.kernelDrops).toBeGreaterThan(1000)
    expect(received).toBeGreaterThan(0)
    const drops = receiver.kernelDrops
    await sender.send(payload(10), receiver.local)
    expect(await receiveAll(receiver, 1)).toHaveLength(1)
    expect(receiver.kernelDrops).toBe(drops)
    await receiver.close()
    expect(receiver.kernelDrops).toBe(drops)
    expect(receiver.queueDrops).toBe(0)
  })

  it('blocks for a packet where it is asked to', async () => {
    const receiver = await open(shim)
    const code = `
      const { parentPort, workerData } = require('node:worker_threads')
      parentPort.once('message', () => setTimeout(() => {
        const socket = require('node:dgram').createSocket('udp4')
        socket.send('late', workerData.port, workerData.address, () => socket.close())
      }, 30))
      parentPort.postMessage('ready')`
    const worker = new Worker(code, { eval: true, workerData: receiver.local })
    await new Promise((ready) => worker.once('message', ready))
    worker.postMessage('send')
    // Nothing else runs on this thread until the packet is there.
    expect(receiver.receive(makeBatch(4, 16), 30_000)).toBe(1)
    await worker.terminate()
  })

  it('tells when the kernel received a packet, not when it was taken', async () => {
    const receiver = await open(shim)
    const sender = await open(shim)
    // The kernel begins to stamp packets a little after a first socket asks for it; until then it gives the later time.
    const stampedInTime = async () => {
      await sender.send(payload(10), receiver.local)
      await sleep(20)
      const later = BigInt(Date.now()) * 1_000_000n
      const [packet] = await receiveAll(receiver, 1)
      return packet!.receivedAtNs < later
    }
    await expect.poll(stampedInTime, { timeout: 10_000 }).toBe(true)
  })

  it('refuses a batch whose parts lie over each other, and slots that are none', async () => {
    const receiver = await open(shim)
    const buffer = new ArrayBuffer(4096)
    const over = { memory: new Uint8Array(buffer, 0, 2048), table: new Uint32Array(buffer, 2044, 40) }
    const beside = { memory: new Uint8Array(buffer, 0, 2044), table: new Uint32Array(buffer, 2044, 40) }
    const refusal = expect.objectContaining({ code: 'datagrams/receive' })
    expect(() => receiver.receive({ ...over, slotBytes: 256 })).toThrow(refusal)
    expect(receiver.receive({ ...beside, slotBytes: 256 })).toBe(0)
    for (const slotBytes of [0, 65_536]) {
      expect(() => receiver.receive({ ...beside, slotBytes })).toThrow(refusal)
    }
  })

  it('takes and sends more than one system call holds', async () => {
    const receiver = await open(shim, { receiveBufferBytes: 2 ** 20 })
    const sender = await open(shim)
    const batch = makeBatch(300, 4)
    for (let at = 0; at < 300; at++) putPacket(batch, at, Uint8Array.of(at >> 8, at), receiver.local)
    expect(await sender.sendMany(batch, 300)).toBe(300)
    const packets = await receiveAll(receiver, 300, makeBatch(299, 4))
    expect(packets.map(({ bytes }) => bytes[0]! * 256 + bytes[1]!)).toEqual(
      Array.from({ length: 300 }, (_, at) => at),
    )
  })

  it('loads in one worker after the other; a socket ends with its worker', async () => {
    const root = fileURLToPath(new URL('../../../', import.meta.url))
    const loader = createRequire(import.meta.url).resolve('node-gyp-build')
    const code = `
      const { parentPort, workerData: { loader, root, port } } = require('node:worker_threads')
      const { UdpSocket } = require(loader)(root)
      globalThis.socket = new UdpSocket({ address: 0x7f000001, port, broadcast: false, shared: false, dontFragment: false })
      parentPort.postMessage(socket.port)
      setInterval(() => {}, 1000)`
    let port = 0
    for (let round = 0; round < 3; round++) {
      const worker = new Worker(code, { eval: true, workerData: { loader, root, port } })
      port = await new Promise<number>((resolve, reject) => {
        worker.once('message', resolve)
        worker.once('error', reject)
      })
      await expect(open(shim, { port })).rejects.toMatchObject({ details: { errno: 'EADDRINUSE' } })
      await worker.terminate()
    }
    expect((await open(shim, { port })).local).toEqual({ address: LOCAL, port })
  })
})
