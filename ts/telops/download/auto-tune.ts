import type { DownloadStatistics } from './statistics.js'

/** Packet sizes to try, the largest first, and the one that every network carries. */
const PACKET_SIZES = [9000, 8000, 4000] as const
export const LEAST_PACKET_SIZE = 1500
const FIRST_BITRATE_MBPS = 1000
const LEAST_BITRATE_MBPS = 100
/** This part of the frames has to come whole in the first pass for the bitrate to stay. */
const KEPT_PART = 0.95
/** A network carries a packet size when this part of the packets gets through: it loses some, or all. */
const CARRIED_PART = 0.5

/** What was learned of a connection: how large its packets can be, and how fast they may come. */
export class AutoTune {
  #packetSize: number | undefined
  #bitrateMbps = FIRST_BITRATE_MBPS
  #receiveBufferBytes: number | undefined

  get bitrateMbps(): number {
    return this.#bitrateMbps
  }

  /** Receive buffer to ask the kernel for; undefined: the usual one. */
  get receiveBufferBytes(): number | undefined {
    return this.#receiveBufferBytes
  }

  /**
   * The largest packet size that the network carries; tried once. `mtu`: what this host takes in one piece, where that is
   * known. `trial`: have some frames sent with packets of this size; the part of the bytes that got through.
   */
  async packetSize(mtu: number | undefined, trial: (packetSize: number) => Promise<number>): Promise<number> {
    if (this.#packetSize === undefined) {
      let size: number = LEAST_PACKET_SIZE
      for (const larger of PACKET_SIZES) {
        if (larger > (mtu ?? larger) || (await trial(larger)) < CARRIED_PART) continue
        size = larger
        break
      }
      this.#packetSize = size
    }
    return this.#packetSize
  }

  /** Learn of a download: after a poor first pass the next one begins at half the rate. */
  learn({ nFrames, firstPassNComplete }: DownloadStatistics): void {
    if (firstPassNComplete >= KEPT_PART * nFrames) return
    this.#bitrateMbps = Math.max(LEAST_BITRATE_MBPS, this.#bitrateMbps / 2)
  }

  /** Take what `tuneConnection` found. */
  apply(packetSize: number, bitrateMbps: number, receiveBufferBytes?: number): void {
    this.#packetSize = packetSize
    this.#bitrateMbps = bitrateMbps
    this.#receiveBufferBytes = receiveBufferBytes
  }
}
