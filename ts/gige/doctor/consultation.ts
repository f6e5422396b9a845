import { hasCode } from '../../errors.js'
import { Bootstrap, GvcpCapability, streamChannel } from '../../gige-vision/bootstrap.js'
import type { NetworkParts } from '../broadcast.js'
import { Control } from '../capture/control.js'
import { ControlChannel } from '../capture/control-channel.js'
import { StreamChannel } from '../capture/stream-channel.js'
import type { DiscoveredCamera } from '../discovery.js'
import { mtuOf, negotiatePacketSize, packetSizes } from '../packet-size.js'
import type { CameraFacts, TestPackets } from './camera.js'

/** After how many ms without a word of the doctor the camera lets go of it. */
const HEARTBEAT_TIMEOUT_MS = 3000

/** What a camera tells when it is asked. */
export type Consultation = Pick<CameraFacts, 'holder' | 'linkSpeedMbps' | 'testPackets'>

/**
 * Ask a camera that can be reached. Where nobody controls it, it is controlled for as long as its test packets take.
 * Rejects with `gige/no-answer`, `gige/refused`, `datagrams/...`.
 */
export async function consult(parts: NetworkParts, camera: DiscoveredCamera): Promise<Consultation> {
  const { gvcp, datagrams, clock } = parts
  const { address, interfaceName } = camera
  // Behind a router any address of this host may be the one that it is seen by.
  const place = { address, interfaceIp: camera.interfaceIp ?? '0.0.0.0', interfaceName }
  const channel = await ControlChannel.open(gvcp, datagrams, place, { clock })
  try {
    const linkSpeedMbps = await linkSpeed(channel)
    const heartbeatTimeoutMs = HEARTBEAT_TIMEOUT_MS
    const control = await Control.take(channel, { heartbeatTimeoutMs, onLost: () => {}, clock })
    try {
      return { linkSpeedMbps, testPackets: await tryTestPackets(parts, channel, interfaceName) }
    } finally {
      await control.release()
    }
  } catch (error) {
    if (!hasCode(error, 'gige/control-denied')) throw error
    return { holder: error.details.holder ?? 'another host' }
  } finally {
    await channel.close()
  }
}

/** Have test packets sent, the largest first; afterwards the camera's packet size is what it was. */
async function tryTestPackets(
  { datagrams }: NetworkParts,
  channel: ControlChannel,
  device: string | undefined,
): Promise<TestPackets> {
  const { local, camera } = channel
  const stream = new StreamChannel(channel, camera.address)
  const before = await channel.readRegister(streamChannel(0).packetSize)
  const socket = await datagrams.open({ address: local.address, device })
  try {
    await stream.open({ address: local.address, port: socket.local.port })
    await stream.invite(socket)
    const tried: number[] = []
    const sizes = packetSizes(mtuOf(datagrams.interfaces(), local.address))
    const { bytes, tested } = await negotiatePacketSize(sizes, (size) => {
      tried.push(size)
      return stream.test(socket, size)
    })
    await stream.setPacketSize(before & 0xffff)
    return { tried, largest: tested ? bytes : undefined }
  } finally {
    await stream.close().catch(() => {})
    await socket.close()
  }
}

async function linkSpeed(channel: ControlChannel): Promise<number | undefined> {
  try {
    const capability = await channel.readRegister(Bootstrap.gvcpCapability)
    if ((capability & GvcpCapability.linkSpeed) === 0) return undefined
    return (await channel.readRegister(Bootstrap.linkSpeed)) || undefined
  } catch (error) {
    // A host with exclusive control lets nobody read.
    if (hasCode(error, 'gige/refused')) return undefined
    throw error
  }
}
