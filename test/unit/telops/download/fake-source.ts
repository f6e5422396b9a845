import type { CapturedFrame } from '../../../../ts/gige/capture/outlet.js'
import { streamSettings } from '../../../../ts/gige/stream-options.js'
import type { PacketRange } from '../../../../ts/gige-vision/reassembler.js'
import { telopsFrame, telopsValues } from '../../../../ts/simulator/telops/formula.js'
import { headerBytes } from '../../../../ts/simulator/telops/header.js'
import { TELOPS_MAKERS } from '../../../../ts/telops/capture/telops-maker.js'
import type { Run } from '../../../../ts/telops/download/inventory.js'
import {
  type ArrivedFrame,
  arrivedFrame,
  type DownloadSource,
  type SessionCounts,
} from '../../../../ts/telops/download/source.js'
import { CalibrationMode } from '../../../../ts/telops/enumerations.js'
import { rawBytes, TelopsFrame, type TelopsFrameParts } from '../../../../ts/telops/frame.js'
import { random } from '../../../interop/images.js'
import { gige } from '../../gige-vision/module.js'

/** Usable pixels. */
export const [WIDTH, HEIGHT] = [128, 8]
export const FIRST_ID = 1001
/** A frame is of a leader, eight packets of pixels, a trailer. */
const PACKET_BYTES = 320
const BYTES = rawBytes(WIDTH, HEIGHT)
const LAST_PAYLOAD = BYTES / PACKET_BYTES
const PERIOD_100NS = 20_000

const known = new Map<number, { counts: Uint16Array<ArrayBuffer>; values: Float32Array<ArrayBuffer> }>()

function knownFrame(frameId: number) {
  const frame = known.get(frameId) ?? {
    counts: telopsFrame(frameId, WIDTH, HEIGHT),
    values: telopsValues(frameId, WIDTH, HEIGHT),
  }
  known.set(frameId, frame)
  return frame
}

/** What the formula says of a frame; the same memory each time. */
export const counts = (frameId: number) => knownFrame(frameId).counts
export const values = (frameId: number) => knownFrame(frameId).values

/** What goes wrong with what a camera sends. */
export interface SourceFaults {
  seed: number
  /** Of packets, leaders and trailers too. */
  packetLoss: number
  /** Of frames, whole. */
  frameLoss: number
  /** Of frames, sent twice. */
  duplicates: number
  /** Frames of the session before that come first, at most. */
  late: number
  /** How late ones are numbered: before the others, on from theirs, or as the others are. */
  lateIds: 'before' | 'on' | 'alike'
  /** It leaves out every other frame, and numbers the others as if it did not. */
  skips: boolean
  /** Part of sessions that end before their time. */
  cut: number
}

export const NO_FAULTS: SourceFaults = {
  seed: 0,
  packetLoss: 0,
  frameLoss: 0,
  duplicates: 0,
  late: 0,
  lateIds: 'before',
  skips: false,
  cut: 0,
}

/** Blocks as the capture worker hands them out, through its own maker. */
export class FakeSource implements DownloadSource {
  readonly firstFrameId = FIRST_ID
  readonly mostFrameBytes = rawBytes(WIDTH, HEIGHT + 2)
  readonly packetSize = 1500
  readonly bitrateMbps = 1000
  readonly sessions: Run[] = []
  /** Frames that came whole, in one piece, with the session in which they did first. */
  readonly cameWhole = new Map<number, number>()
  readonly #faults: SourceFaults
  readonly #random: () => number
  readonly #recorded: number
  readonly #maker: string
  /** When its first frame was taken. */
  began = 17_000_000_000_000_000n
  #lastEnd: number | undefined
  #lastBlock = 0

  constructor(recorded: number, faults: Partial<SourceFaults> = {}, maker = 'telops-physical') {
    this.#faults = { ...NO_FAULTS, ...faults }
    this.#random = random(this.#faults.seed)
    this.#recorded = recorded
    this.#maker = maker
  }

  async *session(run: Run): AsyncGenerator<ArrivedFrame, SessionCounts, void> {
    for (const parts of this.sent(run, this.#maker)) yield arrivedFrame(new TelopsFrame(parts, () => {}))
    return { resendRequested: 3, resendRecovered: 2 }
  }

  /** What a session brings. */
  *sent(run: Run, makerName: string): Generator<TelopsFrameParts, void, void> {
    this.sessions.push(run)
    const maker = TELOPS_MAKERS[makerName]!(gige, { ...streamSettings(BYTES), recorded: true })
    for (const { blockId, frame } of this.#blocks(run)) {
      const came = Array.from({ length: LAST_PAYLOAD + 2 }, () => this.#random() >= this.#faults.packetLoss)
      if (!came.includes(true) || this.#random() < this.#faults.frameLoss) continue
      if (came.slice(1, -1).every(Boolean) && frame >= run[0] && frame < run[1]) {
        if (!this.cameWhole.has(frame)) this.cameWhole.set(frame, this.sessions.length)
      }
      yield maker.make(
        this.#captured(blockId, frame, run, came),
        (bytes) => new ArrayBuffer(bytes),
      ) as TelopsFrameParts
    }
  }

  #blocks([from, to]: Run): { blockId: number; frame: number }[] {
    const { late, lateIds, duplicates, cut } = this.#faults
    const blocks: { blockId: number; frame: number }[] = []
    const first = this.#lastEnd ?? this.#recorded
    const leaked = Math.floor(this.#random() * (late + 1))
    for (let frame = first; frame < Math.min(first + leaked, this.#recorded); frame++) {
      const nth = frame - first + 1
      blocks.push({ blockId: lateIds === 'on' ? this.#lastBlock + nth : nth, frame })
    }
    const shift = lateIds === 'before' ? blocks.length : 0
    const end = this.#random() < cut ? from + Math.floor(this.#random() * (to - from)) : to
    // No number comes twice: of these the first is taken.
    const taken = lateIds === 'alike' ? blocks.length : 0
    for (let frame = from + taken; frame < end; frame++) {
      const block = { blockId: frame - from + 1 + shift, frame }
      blocks.push(block)
      if (this.#random() < duplicates) blocks.push(block)
    }
    this.#lastEnd = end
    this.#lastBlock = end - from
    return blocks
  }

  #captured(blockId: number, frame: number, [from]: Run, came: boolean[]): CapturedFrame {
    const missing: PacketRange[] = []
    const lastHeard = came.lastIndexOf(true)
    // Only leader, trailer or last packet tell how many there are.
    const isToldEnd = came[0] || lastHeard >= LAST_PAYLOAD
    const end = isToldEnd ? LAST_PAYLOAD + 1 : lastHeard
    for (let packet = 0; packet <= end; packet++) if (!came[packet]) missing.push([packet, packet])
    const bytes = isToldEnd ? BYTES : lastHeard * PACKET_BYTES
    const image = this.image(frame, this.#faults.skips ? from + 2 * (frame - from) : frame)
    const copy = (into: Uint8Array) => {
      into.fill(0)
      for (let packet = 1; packet <= LAST_PAYLOAD; packet++) {
        const at = (packet - 1) * PACKET_BYTES
        if (came[packet] && at < into.length) into.set(image.subarray(at, at + PACKET_BYTES), at)
      }
    }
    const leader = {
      timestamp: 0n,
      pixelFormat: 0,
      width: WIDTH,
      height: HEIGHT + 2,
      offsetX: 0,
      offsetY: 0,
      paddingX: 0,
      paddingY: 0,
    }
    return {
      block: {
        blockId: BigInt(blockId),
        complete: missing.length === 0,
        missing,
        packetBytes: PACKET_BYTES,
        leader: came[0] ? leader : undefined,
        bytes,
        receivedAtNs: 0n,
        firstAtNs: 0n,
        resent: 0,
        copy,
        release: () => {},
      },
      timestampNs: 0n,
      capturedAtNs: 0n,
    } as CapturedFrame
  }

  /** A frame as it is sent, taken at the time of `when`. */
  image(frame: number, when = frame): Uint8Array {
    const header = headerBytes({
      frameId: FIRST_ID + frame,
      width: WIDTH,
      height: HEIGHT,
      exposureUs: 10,
      frameRateHz: 1e7 / PERIOD_100NS,
      calibrationMode: CalibrationMode.RT,
      buffering: 0,
      takenAt: this.began + BigInt(when * PERIOD_100NS),
    })
    const image = new Uint8Array(BYTES)
    image.set(header)
    image.set(new Uint8Array(counts(FIRST_ID + frame).buffer), 4 * WIDTH)
    return image
  }
}
