/** How far behind its time a stream may catch up, in ms: as much comes at once after this thread was held up. */
const MOST_BEHIND_MS = 30

/** When the next packet is due, by a link's speed and the delay between packets. */
export class Pacer {
  /** Of a packet of full length. */
  #intervalMs = 0
  #msPerByte = 0
  #delayMs = 0
  #nextMs = 0

  /** @param delayMs between packets */
  start(packetBytes: number, bandwidthMBps: number, delayMs: number): void {
    this.#msPerByte = 1 / (bandwidthMBps * 1000)
    this.#delayMs = delayMs
    this.#intervalMs = packetBytes * this.#msPerByte + delayMs
    this.#nextMs = 0
  }

  /** A frame begins: nothing of it is due before. */
  begin(atMs: number): void {
    this.#nextMs = Math.max(this.#nextMs, atMs)
  }

  /** How many packets are due, if all are of full length. */
  due(nowMs: number): number {
    if (this.#intervalMs === 0) return Infinity
    this.#nextMs = Math.max(this.#nextMs, nowMs - MOST_BEHIND_MS)
    return Math.max(0, Math.floor((nowMs - this.#nextMs) / this.#intervalMs) + 1)
  }

  /** So many were sent, which have so many bytes. */
  spend(packets: number, bytes: number): void {
    this.#nextMs += bytes * this.#msPerByte + packets * this.#delayMs
  }
}
