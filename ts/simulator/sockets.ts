import type { DatagramSocket, Datagrams, OpenOptions } from '../datagrams/datagrams.js'
import { hasCode } from '../errors.js'
import { GVCP_PORT } from '../gige-vision/bootstrap.js'
import type { Gvcp } from '../gige-vision/gvcp.js'
import { type CheckedOptions, wrongOption } from './options.js'
import type { StreamSockets } from './stream.js'

/** The sockets of a simulated camera. */
export interface SimulatorSockets {
  control: DatagramSocket
  /** Hears what is sent to everybody; none on the loopback interface, where nothing is. */
  broadcast: DatagramSocket | undefined
  stream: StreamSockets
  /** Go on at another address of this host. Rejects with `datagrams/open`; then nothing has changed. */
  move(address: string): Promise<void>
  close(): Promise<void>
}

/** How long another camera at the same address has to make itself heard, in ms. */
const NEIGHBOUR_MS = 100

/**
 * Make sure that no other camera of this host is at the address: the system would not mind, as the port is shared.
 * Rejects with `simulator/option` where one answers.
 */
export async function refuseTaken(datagrams: Datagrams, gvcp: Gvcp, address: string): Promise<void> {
  const socket = await datagrams.open({ address })
  try {
    await socket.send(gvcp.command(1, { kind: 'discovery' }, true), { address, port: GVCP_PORT })
    if (!(await socket.arrival(NEIGHBOUR_MS))) return
    throw wrongOption(
      'address',
      address,
      'another camera is there already; close it, or choose another address',
    )
  } finally {
    await socket.close()
  }
}

/** Open the sockets of a simulated camera. Rejects with `datagrams/open`; nothing stays open then. */
export async function openSockets(datagrams: Datagrams, options: CheckedOptions): Promise<SimulatorSockets> {
  const { address, device, strangerAddress, hostile } = options
  let opened: DatagramSocket[] = []
  const open = async (more: OpenOptions) => {
    const socket = await datagrams.open({ device, ...more })
    opened.push(socket)
    return socket
  }
  const close = async () => {
    await Promise.all(opened.map((socket) => socket.close()))
  }
  const openAt = async (address: string) => {
    // Broadcasts reach only a socket that is bound to no address; the port has to be shared with it.
    const control = await open({ address, port: GVCP_PORT, shared: true, broadcast: true })
    const camera = await open({ address })
    const uncut = await open({ address, dontFragment: true }).catch((error) => {
      if (hasCode(error, 'datagrams/unsupported')) return camera
      throw error
    })
    return { control, camera, uncut }
  }
  try {
    const { control, camera, uncut } = await openAt(address)
    const everywhere = { address: '0.0.0.0', port: GVCP_PORT, shared: true }
    const broadcast = address.startsWith('127.') ? undefined : await open(everywhere)
    const stranger = hostile === 'foreign-sender' ? await open({ address: strangerAddress }) : camera
    const sockets: SimulatorSockets = {
      control,
      broadcast,
      stream: { camera, uncut, stranger },
      async move(address) {
        const before = opened
        opened = []
        try {
          const { control, ...stream } = await openAt(address)
          Object.assign(sockets, { control, stream: Object.assign(sockets.stream, stream) })
        } finally {
          const kept: DatagramSocket[] = [sockets.control, ...Object.values(sockets.stream)]
          if (sockets.broadcast) kept.push(sockets.broadcast)
          const all = [...before, ...opened]
          opened = all.filter((socket) => kept.includes(socket))
          await Promise.all(all.filter((socket) => !kept.includes(socket)).map((socket) => socket.close()))
        }
      },
      close,
    }
    return sockets
  } catch (error) {
    await close()
    throw error
  }
}
