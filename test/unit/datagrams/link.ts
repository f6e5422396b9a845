import { type Link as Cable, layLink as layCable } from '../../gige/network.js'

/** What the peer does: Node's own sockets, and nothing of ours. */
const PEER = `
  const { createSocket } = require('node:dgram')
  const [address, foreign] = process.argv.slice(1)
  const echo = createSocket('udp4')
  echo.on('message', (bytes, from) => echo.send(String(bytes.length), from.port, from.address))
  const shout = createSocket('udp4')
  shout.on('message', (bytes, from) => {
    const voice = createSocket('udp4')
    voice.bind(0, foreign, () => {
      voice.setBroadcast(true)
      voice.send('here', from.port, '255.255.255.255', () => voice.close())
    })
  })
  echo.bind(0, () => shout.bind(0, () => console.log(echo.address().port, shout.address().port)))`

/** A link to a host with a process that answers. */
export interface Link extends Cable {
  /** A foreign address that the other end has too, in a /24 subnet of its own. */
  foreign: string
  /** Port where the other end answers with the number of bytes it got. */
  echoPort: number
  /** Port where the other end answers from its foreign address, to everyone. */
  shoutPort: number
}

/** Lay a link, of Ethernet's MTU, with the peer at its other end. Close it in any case. */
export async function layLink(): Promise<Link> {
  const cable = await layCable()
  const foreign = '203.0.113.9'
  try {
    cable.ip('there', `addr add ${foreign}/24 brd + dev end`)
    const peer = cable.run('there', process.execPath, ['-e', PEER, cable.there, foreign])
    const [, echoPort, shoutPort] = await peer.line(/^(\d+) (\d+)$/)
    return { ...cable, foreign, echoPort: Number(echoPort), shoutPort: Number(shoutPort) }
  } catch (error) {
    await cable.close()
    throw error
  }
}
