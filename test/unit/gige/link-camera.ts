import type { DeviceIdentity } from '../../../ts/gige-vision/gvcp.js'
import type { Link } from '../../gige/network.js'
import { portBound } from '../../gige/process.js'
import { gige } from '../gige-vision/module.js'

/**
 * A camera of Node's own sockets that knows discovery and force IP, and nothing of ours: it answers with the bytes given.
 * To a host that may be in another subnet it answers to everyone. Where it is refused a new address, it says so.
 */
const CAMERA = `
  const { createSocket } = require('node:dgram')
  const [hex, address, refuses] = process.argv.slice(1)
  const identity = Buffer.from(hex, 'hex')
  const socket = createSocket('udp4')
  const voice = createSocket('udp4')
  const answer = (status, code, id, body, port) => {
    const header = Buffer.alloc(8)
    header.writeUInt16BE(status)
    header.writeUInt16BE(code, 2)
    header.writeUInt16BE(body.length, 4)
    header.writeUInt16BE(id, 6)
    voice.send(Buffer.concat([header, body]), port, '255.255.255.255')
  }
  socket.on('message', (bytes, { port }) => {
    const code = bytes.readUInt16BE(2)
    const id = bytes.readUInt16BE(6)
    if (code === 2) return answer(0, 3, id, identity, port)
    if (code !== 4 || bytes.compare(identity, 10, 16, 10, 16) !== 0) return
    if (refuses) return answer(0x8006, 5, id, Buffer.alloc(0), port)
    bytes.copy(identity, 0x24, 8 + 20, 8 + 24)
    bytes.copy(identity, 0x34, 8 + 36, 8 + 40)
    answer(0, 5, id, Buffer.alloc(0), port)
  })
  voice.bind(0, address, () => {
    voice.setBroadcast(true)
    socket.bind(3956)
  })`

/** Start it at the camera's end of a link. */
export async function linkCamera(
  link: Link,
  identity: Partial<DeviceIdentity>,
  { refuses = false } = {},
): Promise<void> {
  const own = link.there
  const registers = gige.gvcp.identityRegisters({
    version: '1.2',
    mac: '00:11:1c:f5:3a:b2',
    address: own,
    netmask: '255.255.255.0',
    gateway: '0.0.0.0',
    manufacturer: 'Framewire',
    model: 'Link',
    deviceVersion: '1',
    manufacturerInfo: '',
    serialNumber: 'LINK1',
    userName: 'bench',
    ...identity,
  })
  const { address = own } = identity
  if (address !== own) link.ip('there', `addr add ${address}/24 brd + dev end`)
  const args = ['-e', CAMERA, Buffer.from(registers).toString('hex'), address, refuses ? 'refuses' : '']
  await portBound(link.run('there', process.execPath, args), 3956)
}
