import { addressNumber } from '../datagrams/ipv4.js'
import { Bootstrap, GvcpCapability, Status, streamChannel, URL_BYTES } from '../gige-vision/bootstrap.js'
import type { DeviceIdentity, Gvcp } from '../gige-vision/gvcp.js'
import type { CameraClock } from './clock.js'
import type { RegisterMap } from './register-map.js'

/** Where the description begins. Some hosts take an address in hex for a decimal one where it has no letter. */
const DESCRIPTION = 0xf_0000
/** Bits of the IP configuration: a persistent address, DHCP, link-local. */
const IP_CONFIGURATION = 0b101
const CAMERA_BIG_ENDIAN_UTF8 = 0x8000_0001
/** Shortest time after which control is taken away, in ms. */
const LEAST_HEARTBEAT_MS = 500
/** Bits of the stream channels' capability: the source port can be read, block ids of 16 bits. */
const GVSP_CAPABILITY = 0xc000_0000
/** Bit of the GVSP configuration: block ids have 64 bits. */
const BLOCK_ID_64 = 0x4000_0000

/** What a camera is, for its first registers. */
export interface BootstrapOptions {
  identity: DeviceIdentity
  /** Name and bytes of the file with its description. */
  description: { name: string; bytes: Uint8Array }
  resends: boolean
  extendedIds: boolean
}

/** Lay out the registers that the standard names, but for those of control and streams. */
export function layBootstrap(
  map: RegisterMap,
  gvcp: Gvcp,
  clock: CameraClock,
  options: BootstrapOptions,
): void {
  const { identity, description, resends, extendedIds } = options
  map.area(0, new Uint8Array(streamChannel(1).port))
  map.area(Bootstrap.manifestTable, new Uint8Array(512))
  map.area(DESCRIPTION, padded(description.bytes))
  map.put(0, gvcp.identityRegisters(identity))
  map.constant(Bootstrap.deviceMode, CAMERA_BIG_ENDIAN_UTF8)
  map.constant(Bootstrap.supportedIpConfiguration, IP_CONFIGURATION)
  map.plain(Bootstrap.currentIpConfiguration, IP_CONFIGURATION)
  for (let at = 0; at < 16; at += 4) {
    const word = Bootstrap.userDefinedName + at
    map.plain(word, map.word(word))
  }
  const place = `${DESCRIPTION.toString(16)};${description.bytes.length.toString(16)}`
  const url = new Uint8Array(URL_BYTES)
  new TextEncoder().encodeInto(`Local:${description.name};${place}`, url)
  map.put(Bootstrap.firstUrl, url)
  map.constant(Bootstrap.networkInterfaces, 1)
  map.plain(Bootstrap.persistentIp, addressNumber(identity.address))
  map.plain(Bootstrap.persistentSubnetMask, addressNumber(identity.netmask))
  map.plain(Bootstrap.persistentGateway, addressNumber(identity.gateway))
  map.constant(Bootstrap.linkSpeed, 1000)
  map.constant(Bootstrap.streamChannels, 1)
  map.constant(Bootstrap.gvspCapability, GVSP_CAPABILITY)
  map.constant(Bootstrap.gvcpCapability, capability(resends))
  map.plain(Bootstrap.heartbeatTimeout, 3000, (value) =>
    value < LEAST_HEARTBEAT_MS ? Status.invalidParameter : undefined,
  )
  map.constant(Bootstrap.timestampFrequencyHigh, 0)
  map.constant(Bootstrap.timestampFrequencyLow, Number(clock.ticksPerSecond))
  map.register(Bootstrap.timestampControl, { read: () => 0, write: (value) => clock.control(value) })
  map.register(Bootstrap.timestampHigh, { read: () => Number(clock.latched >> 32n) })
  map.register(Bootstrap.timestampLow, { read: () => Number(clock.latched & 0xffff_ffffn) })
  map.plain(Bootstrap.discoveryAckDelay)
  map.plain(Bootstrap.gvcpConfiguration)
  map.constant(Bootstrap.gvspConfiguration, extendedIds ? BLOCK_ID_64 : 0)
}

function capability(resends: boolean): number {
  const has = GvcpCapability
  return (
    (has.userDefinedName |
      has.serialNumber |
      has.heartbeatDisable |
      has.linkSpeed |
      has.primaryApplication |
      has.pendingAck |
      has.writeMemory |
      has.concatenation |
      (resends ? has.packetResend : 0)) >>>
    0
  )
}

/** Memory is read in whole words. */
function padded(bytes: Uint8Array): Uint8Array {
  const words = new Uint8Array(Math.ceil(bytes.length / 4) * 4)
  words.set(bytes)
  return words
}
