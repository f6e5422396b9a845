import { afterEach } from 'vitest'
import { makeBatch, type Packet, packetAt, slotsOf } from '../../../ts/datagrams/batch.js'
import type { DatagramSocket, Datagrams, OpenOptions } from '../../../ts/datagrams/datagrams.js'
import { dgramDatagrams } from '../../../ts/datagrams/dgram-node.js'
import { shimDatagrams } from '../../../ts/datagrams/shim-node.js'

/** The implementations that run on this host. */
export const IMPLEMENTATIONS = [
  { name: 'the shim', datagrams: shimDatagrams(), native: true },
  { name: "Node's sockets", datagrams: dgramDatagrams(), native: false },
]

export const LOCAL = '127.0.0.1'

const opened = new Set<DatagramSocket>()
afterEach(async () => {
  await Promise.all([...opened].map((socket) => socket.close()))
  opened.clear()
})

/** Open a socket that is closed after the test; on the loopback address unless told otherwise. */
export async function open(datagrams: Datagrams, options: OpenOptions = {}): Promise<DatagramSocket> {
  const socket = await datagrams.open({ address: LOCAL, ...options })
  opened.add(socket)
  return socket
}

/** Receive until so many packets are there, or none came for a long time. */
export async function receiveAll(
  socket: DatagramSocket,
  count: number,
  batch = makeBatch(64, 2048),
): Promise<Packet[]> {
  const packets: Packet[] = []
  while (packets.length < count && (await socket.arrival(5_000))) {
    const got = socket.receive(batch)
    if (got > slotsOf(batch)) throw new Error(`${got} packets in ${slotsOf(batch)} slots`)
    for (let slot = 0; slot < got; slot++) {
      const packet = packetAt(batch, slot)
      packets.push({ ...packet, bytes: packet.bytes.slice() })
    }
  }
  return packets
}

/** Bytes that differ from packet to packet. */
export function payload(length: number, seed = length): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + seed * 17 + (at >> 8)) & 255)
}

/** What an error's code and errno are expected to be. */
export const refused = (code: string, errno: string) => ({ code, details: { errno } })
