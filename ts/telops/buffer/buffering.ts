import type { Registers } from '../../gige/registers.js'
import { type Clock, sleep } from '../../upload/clock.js'
import { TelopsImaging } from '../imaging.js'
import {
  type BufferConfiguration,
  type BufferOptions,
  checkedBuffer,
  divideBuffer,
} from './buffer-configuration.js'
import {
  type BufferInfo,
  type BufferSequence,
  type BufferStatus,
  bufferInfo,
  bufferSequence,
  bufferStatus,
  ofSequence,
} from './buffer-info.js'
import {
  type ArmOptions,
  BufferRecording,
  type BufferWaitOptions,
  type BufferWaitResult,
  type RecordedFrames,
  type RecordOptions,
} from './buffer-recording.js'

/** After a clear, until it can be divided again, in ms. */
const CLEARED_MS = 100

/**
 * The camera's own memory of 16 GB, into which it records at full speed, whatever the network carries: divided, armed,
 * recorded into, cleared. All reject with `telops/refused` and `gige/...`, too.
 */
export class TelopsBuffering extends TelopsImaging {
  readonly #recording: BufferRecording
  #divided: BufferConfiguration | undefined

  /** @internal */
  constructor(port: Registers, clock: Clock) {
    super(port, clock)
    this.#recording = new BufferRecording(this.registers, clock, this.warn)
  }

  /**
   * Divide the buffer into sequences. What is recorded then is lost where the camera was in a stale state. What the camera
   * made of it; less than was asked for is warned of. Rejects with `telops/option`.
   */
  async bufferConfigure(options: BufferOptions = {}): Promise<BufferConfiguration> {
    const wanted = await checkedBuffer(this.registers, options)
    if (wanted.moiSource === 'acquisitionStarted' && wanted.preMoi > 0) {
      this.warn(
        'FRAMEWIRE_TELOPS_PRE_MOI',
        'The acquisition starts before any frame is in the buffer: there will be none before the moment of interest.',
      )
    }
    this.#divided = await divideBuffer(this.registers, this.clock, this.warn, wanted)
    return this.#divided
  }

  /**
   * Start to record. A sequence is kept for each moment of interest, which may come as soon as the frames before it are
   * there: that is waited for. Rejects with `telops/timeout` where an earlier recording does not end, `stream/aborted`.
   */
  bufferArm(options: ArmOptions = {}): Promise<void> {
    return this.#recording.arm(options)
  }

  /** In how many ms the buffer holds all frames before a moment of interest: 2,050 + those frames' time; 0: it does, or is not armed. */
  bufferReadyInMs(): number {
    return this.#recording.readyInMs()
  }

  /** Wait for that. Rejects with `stream/aborted`. */
  bufferWaitReady(signal?: AbortSignal): Promise<void> {
    return this.#recording.waitReady(signal)
  }

  /**
   * Now is the moment of interest, where its source is `software`; too early is warned of. Rejects with
   * `telops/not-armed`, `telops/option`.
   */
  bufferFireMoi(): Promise<void> {
    return this.#recording.fireMoi()
  }

  /**
   * Wait until all sequences are recorded. The camera stays armed. Rejects with `telops/timeout`, which tells how many
   * are, and `stream/aborted`.
   */
  bufferWait(options: BufferWaitOptions = {}): Promise<BufferWaitResult> {
    return this.#recording.wait(options)
  }

  /** Record nothing more. What was recorded stays in the buffer. */
  bufferStop(): Promise<void> {
    return this.#recording.stop()
  }

  /**
   * Record all sequences, one behind another, and stop. For the source `software`. Rejects with `telops/not-ready`,
   * `telops/option`, `telops/timeout`, `stream/aborted`; the camera is stopped then, too.
   */
  async bufferRecord(options: RecordOptions = {}): Promise<RecordedFrames> {
    await this.waitUntilReady({ signal: options.signal })
    return this.#recording.record(options)
  }

  /** Everything about the buffer. */
  bufferInfo(): Promise<BufferInfo> {
    return bufferInfo(this.registers)
  }

  /** What the buffer does. */
  bufferStatus(): Promise<BufferStatus> {
    return bufferStatus(this.registers)
  }

  /** Everything about a sequence, counted from 0. Rejects with `telops/no-sequence`. */
  bufferSequence(sequence = 0): Promise<BufferSequence> {
    return bufferSequence(this.registers, sequence)
  }

  /** Frames that were recorded of a sequence. Rejects with `telops/no-sequence`. */
  bufferRecordedFrames(sequence = 0): Promise<number> {
    const { registers } = this
    return ofSequence(registers, sequence, () => registers.read('MemoryBufferSequenceRecordedSize'))
  }

  /** Number of the frame of a sequence's moment of interest, as its header has it. Rejects with `telops/no-sequence`. */
  bufferMoiFrameId(sequence = 0): Promise<number> {
    const { registers } = this
    return ofSequence(registers, sequence, () => registers.read('MemoryBufferSequenceMOIFrameID'))
  }

  /** The same counted from the sequence's first frame: its index in a download of all. Rejects with `telops/no-sequence`. */
  bufferMoiIndex(sequence = 0): Promise<number> {
    const { registers } = this
    return ofSequence(registers, sequence, async () => {
      const moi = await registers.read('MemoryBufferSequenceMOIFrameID')
      return moi - (await registers.read('MemoryBufferSequenceFirstFrameID'))
    })
  }

  /** Forget everything that was recorded. The buffer stays divided as it was with {@link bufferConfigure}. */
  async bufferClear(): Promise<void> {
    await this.registers.execute('MemoryBufferSequenceClearAll')
    if (!this.#divided) return
    await sleep(this.clock, CLEARED_MS)
    await divideBuffer(this.registers, this.clock, this.warn, this.#divided)
  }
}
