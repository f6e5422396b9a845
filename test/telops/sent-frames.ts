import type { Command } from '../../ts/gige-vision/gvcp.js'
import type { FrameRecord } from '../../ts/gige-vision/sender.js'
import { Register } from '../../ts/telops/registers.js'
import { numbersIn } from '../simulator/host.js'

/** A session of a download: which frame came first, and how many frames the camera had sent before. */
interface Session {
  firstFrameId: number
  sentBefore: number
}

/** Which frames a simulated camera sent in downloads, and what of them never left it. */
export class SentFrames {
  readonly #sessions: Session[] = []
  readonly #framesSent: () => number
  #firstFrameId = 0

  /** `framesSent`: how many the camera has sent by now. */
  constructor(framesSent: () => number) {
    this.#framesSent = framesSent
  }

  /** Sessions of downloads. */
  get sessions(): number {
    return this.#sessions.length
  }

  /** Take note of a command that came to the camera. */
  hear(command: Command): void {
    if (command.kind !== 'write-registers') return
    for (const { address, value } of command.writes) {
      if (address === Register.MemoryBufferSequenceDownloadFrameID.address) this.#firstFrameId = value
      if (address !== Register.AcquisitionStart.address || this.#firstFrameId === 0) continue
      this.#sessions.push({ firstFrameId: this.#firstFrameId, sentBefore: this.#framesSent() })
    }
  }

  /** Ids of frames of which some pixels never left the camera, all sessions together, by its own record. */
  incomplete(records: readonly FrameRecord[]): number[] {
    const missing = new Map<number, Set<number>>()
    for (const record of records) {
      const number = Number(record.number)
      const session = this.#sessions.findLast(({ sentBefore }) => sentBefore <= number)
      if (!session) continue
      const frameId = session.firstFrameId + number - session.sentBefore
      // What leader and trailer tell is known of other frames.
      const pixels = numbersIn(record.missing).filter((n) => n > 0 && n < record.packets - 1)
      const before = missing.get(frameId)
      missing.set(frameId, new Set(before ? pixels.filter((n) => before.has(n)) : pixels))
    }
    return [...missing].filter(([, packets]) => packets.size > 0).map(([frameId]) => frameId)
  }
}
