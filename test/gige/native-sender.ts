import { fileURLToPath } from 'node:url'
import type { Link } from './network.js'
import { AS_A_DEVICE } from './process.js'

/** Where cargo leaves the camera of crates/udp-shim/examples/camera. */
const PROGRAM = fileURLToPath(new URL('../../target/release/examples/camera', import.meta.url))

/** What a native sender sent. */
export interface Sent {
  images: number
  packets: number
  /** Packets that were asked for again. */
  resent: number
  seconds: number
  /** Time that it was behind what was planned and did not make up for. */
  behindSeconds: number
  imageBytes: number
  /** When each image's last packet left, by the clock of `process.hrtime`. */
  leftAtNs: bigint[]
}

/** A camera that sends as fast as it is told to, for benchmarks and soaks. */
export interface NativeSender {
  /** What the next acquisition sends. */
  plan(what: { images: number; bytesPerSecond: number }): Promise<void>
  /** Resolves when a host has started it. */
  started(): Promise<unknown>
  /** Resolves with what was sent when all of it was. */
  sent(timeoutMs: number): Promise<Sent>
}

/** Start it at the other end of a link. */
export async function startSender(
  link: Link,
  { width, height }: { width: number; height: number },
): Promise<NativeSender> {
  const args = [...AS_A_DEVICE, PROGRAM, link.there, String(width), String(height)]
  const process = link.run('there', 'nice', args, { lifetimeMs: 7_200_000 })
  await process.line(/^ready$/)
  return {
    async plan({ images, bytesPerSecond }) {
      process.tell(`${images} ${bytesPerSecond}`)
      await process.line(/^planned$/)
    },
    started: () => process.line(/^started$/, 20_000),
    async sent(timeoutMs) {
      const [line] = await process.line(/^\{.*\}$/, timeoutMs)
      const { leftAtNs, ...counts } = JSON.parse(line)
      return { ...counts, leftAtNs: leftAtNs.map(BigInt) }
    },
  }
}
