import type { Datagrams } from '../datagrams/datagrams.js'
import type { DeviceIdentity } from '../gige-vision/gvcp.js'
import type { CheckedOptions } from './options.js'
import { mix } from './pattern.js'

/** Who a simulated camera is. Its MAC address, one of those that nobody owns, follows from the serial number. */
export function identityOf(
  { address, serial, model, userName }: CheckedOptions,
  datagrams: Datagrams,
  manufacturer: string,
): DeviceIdentity {
  const entry = datagrams
    .interfaces()
    .flatMap(({ addresses }) => addresses)
    .find((entry) => entry.address === address)
  return {
    version: '2.0',
    mac: macOf(serial),
    address,
    netmask: entry?.netmask ?? '255.0.0.0',
    gateway: '0.0.0.0',
    manufacturer,
    model,
    deviceVersion: '1.0',
    manufacturerInfo: 'simulated camera',
    serialNumber: serial,
    userName,
  }
}

function macOf(serial: string): string {
  const hash = [...serial].reduce((hash, letter) => mix(hash ^ letter.codePointAt(0)!), serial.length) >>> 0
  const bytes = [0x02, 0x46, hash >>> 24, (hash >>> 16) & 255, (hash >>> 8) & 255, hash & 255]
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':')
}
