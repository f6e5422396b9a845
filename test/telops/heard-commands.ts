import { packetAt } from '../../ts/datagrams/batch.js'
import type { DatagramSocket, Datagrams, OpenOptions } from '../../ts/datagrams/datagrams.js'
import { nodeDatagrams } from '../../ts/datagrams/open-node.js'
import { GVCP_PORT } from '../../ts/gige-vision/bootstrap.js'
import type { Command } from '../../ts/gige-vision/gvcp.js'
import { gvcp } from '../simulator/host.js'

/** This host's network, with an ear on every command that comes to a simulated camera. */
export function hearingCommands(heard: (command: Command) => void): Datagrams {
  const datagrams = nodeDatagrams()
  return {
    interfaces: () => datagrams.interfaces(),
    async open(options: OpenOptions = {}): Promise<DatagramSocket> {
      const socket = await datagrams.open(options)
      if (options.port !== GVCP_PORT) return socket
      const receive = socket.receive.bind(socket)
      socket.receive = (batch, timeoutMs) => {
        const count = receive(batch, timeoutMs)
        for (let slot = 0; slot < count; slot++) {
          const { command } = gvcp.parseCommand(packetAt(batch, slot).bytes)
          if (command) heard(command)
        }
        return count
      }
      return socket
    },
  }
}
