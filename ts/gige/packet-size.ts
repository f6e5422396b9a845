import type { NetworkInterface } from '../datagrams/network-interface.js'
import { FramewireError } from '../errors.js'

/** A packet size and how it was found. */
export interface FoundPacketSize {
  /** Bytes of a whole IP packet. */
  bytes: number
  /** A test packet of this size came through; else it is a guess, since the camera sends none at all. */
  tested: boolean
}

/** What every network carries. */
const LEAST = 576
/** Ethernet's own. */
const USUAL = 1500
/** Larger frames than these few networks carry, and fewer cameras send. */
const MOST = 9000
/** Sizes that networks of jumbo frames, of Ethernet, of tunnels have; all multiples of four. */
const LADDER = [MOST, 8192, 6144, 4096, 3072, 2048, USUAL, 1400, 1280, LEAST]

/** Bytes of IP and UDP headers. */
export const IP_UDP_BYTES = 28

/** Sizes to try, from the largest on: none that the interface cannot take in one piece, and none above `below`. */
export function packetSizes(mtu: number | undefined, below = Number.POSITIVE_INFINITY): number[] {
  const largest = Math.min(mtu ?? MOST, MOST)
  const rounded = largest - (largest % 4)
  const sizes = [rounded, ...LADDER.filter((size) => size < rounded)]
  return sizes.filter((size) => size >= LEAST && size < below)
}

/** Longest packet that the interface with this address takes, where the platform tells. */
export function mtuOf(interfaces: readonly NetworkInterface[], address: string): number | undefined {
  return interfaces.find(({ addresses }) => addresses.some((own) => own.address === address))?.mtu
}

/**
 * The largest size that gets through.
 * @param sizes from the largest on
 * @param test asks the camera for one packet of a size, and whether it came
 */
export async function negotiatePacketSize(
  sizes: readonly number[],
  test: (bytes: number) => Promise<boolean>,
): Promise<FoundPacketSize> {
  const [largest, ...smaller] = sizes
  if (largest === undefined) return { bytes: LEAST, tested: false }
  if (await test(largest)) return { bytes: largest, tested: true }
  const least = smaller.pop()
  // Where not even the least one comes, the camera sends no test packets, or none can reach this host: no need to wait
  // for all others.
  if (least === undefined || !(await test(least))) return { bytes: Math.min(USUAL, largest), tested: false }
  for (const bytes of smaller) {
    if (await test(bytes)) return { bytes, tested: true }
  }
  return { bytes: least, tested: true }
}

/** No packet size is left to try. */
export function packetSizeFault(address: string, tried: readonly number[]) {
  return new FramewireError(
    'gige/packet-size',
    `The camera at ${address} streams, but its frames do not get through with packets of ${tried.join(', ')} bytes. ` +
      'Check that every switch between carries packets of the size that the camera sends, or give a smaller packetSize.',
    { address, tried },
  )
}
