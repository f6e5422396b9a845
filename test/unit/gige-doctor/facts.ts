import type { CameraFacts } from '../../../ts/gige/doctor/camera.js'
import type { Adapter, HostFacts } from '../../../ts/gige/doctor/host-facts.js'

/** An adapter with nothing wrong, but for what is stated. */
export function adapter(
  stated: Partial<Adapter> = {},
  address = '192.168.5.1',
  netmask = '255.255.255.0',
): Adapter {
  return {
    name: 'eth1',
    index: 2,
    kind: 'ethernet',
    addresses: [{ address, netmask, broadcast: '', linkLocal: address.startsWith('169.254.') }],
    mac: '02:00:00:00:00:01',
    mtu: 1500,
    speedMbps: 1000,
    up: true,
    running: true,
    usbSpeedMbps: undefined,
    ring: undefined,
    ...stated,
  }
}

/** A host with nothing wrong, but for what is stated. */
export function host(stated: Partial<HostFacts> = {}): HostFacts {
  return {
    platform: 'linux',
    nativeSockets: true,
    receiveBufferBytes: 32 * 2 ** 20,
    governors: ['performance', 'performance'],
    interfaces: [adapter()],
    routes: [{ device: 'eth1', subnet: '192.168.5.0', netmask: '255.255.255.0', metric: 0 }],
    firewall: undefined,
    ...stated,
  }
}

/** A camera of which all is well, but for what is stated. */
export function camera(stated: Partial<CameraFacts> = {}): CameraFacts {
  return {
    name: 'SN-7',
    mac: '02:00:00:00:00:07',
    address: '192.168.5.10',
    interfaceName: 'eth1',
    interfaceIp: '192.168.5.1',
    reachable: true,
    testPackets: { tried: [1500], largest: 1500 },
    frame: { arrived: true, shape: [512, 640], packetSize: 1500, missingPackets: 0 },
    ...stated,
  }
}
