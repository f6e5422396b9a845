import { hasCode } from '../../errors.js'
import { noStreamFault } from '../../gige/stream-faults.js'
import type { StreamSettings } from '../../gige/stream-options.js'
import { type StreamingCamera, StreamRun } from '../../gige/stream-run.js'
import { streamChannel } from '../../gige-vision/bootstrap.js'
import { type Clock, sleep } from '../../upload/clock.js'
import { bufferStatus } from '../buffer/buffer-info.js'
import type { TelopsFrame } from '../frame.js'
import type { RegisterAccess, RegisterPort } from '../register-access.js'
import type { Run } from './inventory.js'
import { type ArrivedFrame, arrivedFrame, type DownloadSource, type SessionCounts } from './source.js'
import { TouchedRegisters } from './touched-registers.js'

/** What a download needs of a camera. */
export interface DownloadCamera {
  readonly registers: RegisterAccess
  readonly port: RegisterPort
  readonly clock: Clock
  readonly streaming: StreamingCamera<TelopsFrame>
}

/** How the camera is to send. */
export interface SendingOptions {
  packetSize: number
  bitrateMbps: number
}

/** How long a camera may take to send its first packet, in ms: of all, and of a later session. */
const FIRST_PACKET_MS = 5000
const LATER_PACKET_MS = 1000
/** When nothing came for so long, in ms, nothing more comes. */
const SILENT_MS = 100
/** How long a camera may go on when it was stopped, in ms, and how often it is asked. */
const STOPPING_MS = 5000
const POLL_MS = 10
const CHANNEL = streamChannel(0)

/** A recording in the camera's buffer; the camera is made ready to send it. */
export class BufferSource implements DownloadSource {
  readonly firstFrameId: number
  readonly mostFrameBytes: number
  readonly packetSize: number
  readonly bitrateMbps: number
  readonly #camera: DownloadCamera
  readonly #settings: StreamSettings
  readonly #touched: TouchedRegisters
  readonly #signal: AbortSignal | undefined
  /** A session brought something. */
  #isHeard = false

  /** Make the camera ready. `settings`: how its stream is taken in; its packet size and delay give way to the download's. */
  static async open(
    camera: DownloadCamera,
    firstFrameId: number,
    settings: StreamSettings,
    sending: SendingOptions,
    signal?: AbortSignal,
  ): Promise<BufferSource> {
    const { registers, port, clock } = camera
    const touched = new TouchedRegisters(registers, port)
    try {
      await registers.execute('AcquisitionStop')
      await untilStopped(registers, clock)
      await touched.keep(CHANNEL.packetSize)
      await touched.keep(CHANNEL.packetDelay)
      await touched.unlock()
      await touched.write('MemoryBufferSequenceDownloadBitRateMax', sending.bitrateMbps)
      return new BufferSource(camera, firstFrameId, settings, sending, touched, signal)
    } catch (error) {
      await touched.putBack().catch(() => {})
      throw error
    }
  }

  private constructor(
    camera: DownloadCamera,
    firstFrameId: number,
    settings: StreamSettings,
    { packetSize, bitrateMbps }: SendingOptions,
    touched: TouchedRegisters,
    signal: AbortSignal | undefined,
  ) {
    this.firstFrameId = firstFrameId
    this.mostFrameBytes = settings.payloadBytes
    this.packetSize = packetSize
    this.bitrateMbps = bitrateMbps
    this.#camera = camera
    // With a pause between packets the camera would leave out every other frame, and not say so.
    this.#settings = { ...settings, packetSize, packetDelayNs: 0, recorded: true }
    this.#touched = touched
    this.#signal = signal
  }

  async *session(
    run: Run,
    firstPacketMs = this.#isHeard ? LATER_PACKET_MS : FIRST_PACKET_MS,
  ): AsyncGenerator<ArrivedFrame, SessionCounts, void> {
    const { registers, clock, streaming } = this.#camera
    const [from, to] = run
    // What it still sends of the session before would come first.
    if (this.#isHeard) await untilStopped(registers, clock)
    await registers.write('MemoryBufferSequenceDownloadFrameID', this.firstFrameId + from)
    await registers.write('MemoryBufferSequenceDownloadFrameCount', to - from)
    const stream = await StreamRun.start(streaming, this.#settings, Number.POSITIVE_INFINITY, () => {})
    try {
      let packets = 0
      let isInStep = false
      for (let silentMs = SILENT_MS; ; ) {
        const frame = await stream.reader.read({ timeoutMs: SILENT_MS, signal: this.#signal })
        if (frame) {
          this.#isHeard = true
          isInStep = this.#isInStep(frame, run, isInStep)
          const isLast = this.#isLast(frame, run, isInStep)
          yield arrivedFrame(frame)
          if (isLast) break
          continue
        }
        const statistics = await stream.statistics()
        if (statistics.packets === 0) {
          if (silentMs >= firstPacketMs) throw noStreamFault(streaming.address, statistics, silentMs)
          silentMs += SILENT_MS
        } else if (statistics.packets === packets) break
        packets = statistics.packets
      }
    } finally {
      await stream.stop()
    }
    const { resendPacketsAsked, resendPackets } = await stream.statistics()
    return { resendRequested: resendPacketsAsked, resendRecovered: resendPackets }
  }

  /** Put every register back. A camera that is gone has nothing to be put back. */
  async close(): Promise<void> {
    try {
      await this.#touched.putBack()
    } catch (error) {
      if (!hasCode(error, 'gige/control-lost') && !hasCode(error, 'gige/closed')) throw error
    }
  }

  /**
   * Whether the frame's number says how many frames it lies behind the first, as it does but for late ones of the session
   * before, which come first and may have any: the header tells. `before`: of the frame before.
   */
  #isInStep({ blockId, headerNumbers }: TelopsFrame, [from]: Run, before: boolean): boolean {
    if (!headerNumbers) return before
    return headerNumbers[0]! - this.firstFrameId === from + Number(blockId) - 1
  }

  #isLast({ blockId, headerNumbers }: TelopsFrame, [from, to]: Run, isInStep: boolean): boolean {
    const isIt = headerNumbers?.[0] === this.firstFrameId + to - 1
    return blockId >= to - from && (isInStep || isIt)
  }
}

/** A camera takes a moment to stop recording or sending. */
async function untilStopped(registers: RegisterAccess, clock: Clock): Promise<void> {
  const end = clock.now() + STOPPING_MS
  while (clock.now() < end) {
    const status = await bufferStatus(registers)
    if (status !== 'RECORDING' && status !== 'TRANSMITTING') return
    await sleep(clock, POLL_MS)
  }
}
