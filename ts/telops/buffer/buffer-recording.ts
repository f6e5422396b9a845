import { FramewireError } from '../../errors.js'
import { type Clock, sleep } from '../../upload/clock.js'
import { optionFault, timeoutFault } from '../faults.js'
import type { RegisterAccess } from '../register-access.js'
import type { Warn } from '../warnings.js'
import { MOI_SOURCES } from './buffer-configuration.js'
import { type BufferStatus, bufferStatus, recordedFrames } from './buffer-info.js'
import type { RecordProgress } from './record-progress.js'

/** How the buffer is armed. */
export interface ArmOptions {
  /** Wait until the buffer holds all frames before a moment of interest; default true. */
  waitReady?: boolean
  signal?: AbortSignal
}

/** How a recording is waited for. */
export interface BufferWaitOptions {
  /** Default 30,000; `Infinity` waits for as long as it takes. */
  timeoutMs?: number
  signal?: AbortSignal
}

/** What a recording came to. */
export interface BufferWaitResult {
  /** `HOLDING`, or `IDLE`. */
  status: BufferStatus
  /** Sequences that are whole. */
  sequences: number
}

/** How all sequences are recorded. */
export interface RecordOptions {
  /**
   * What is waited for before each moment of interest, once the buffer is ready: so many ms, or what this resolves with.
   * Left out: nothing, which is warned of where `preMoi` is above 0.
   */
  waitFor?: number | ((sequence: number) => Promise<unknown>)
  /** Called as each sequence goes on; `recordingText` makes lines of it. */
  onProgress?: (progress: RecordProgress) => void
  signal?: AbortSignal
}

/** What was recorded. */
export interface RecordedFrames {
  /** Of all sequences. */
  frames: number
  /** Of each. */
  recorded: number[]
}

/** How long after its start the camera records nothing, in ms, with some room: it is 2,022. */
const WARM_UP_MS = 2050
/** How long a stopped camera may go on recording, and how often to look, in ms. */
const STOPPING_MS = 5000
const STOPPING_POLL_MS = 100
/** After a stop, until what was recorded is told, in ms. */
const SETTLE_MS = 300
const POLL_MS = 100
const STATUS_POLL_MS = 500
/** What a sequence may take beside its frames, and at least, in ms. */
const SLACK_MS = 30_000
const LEAST_TIMEOUT_MS = 45_000

/** What the camera was armed with. */
interface Armed {
  readyAt: number
  frameRateHz: number
  nSequences: number
  framesPerSequence: number
  preMoi: number
  moiSource: number
}

/** Recording into the camera's buffer. */
export class BufferRecording {
  readonly #registers: RegisterAccess
  readonly #clock: Clock
  readonly #warn: Warn
  #armed: Armed | undefined

  constructor(registers: RegisterAccess, clock: Clock, warn: Warn) {
    this.#registers = registers
    this.#clock = clock
    this.#warn = warn
  }

  async arm({ waitReady = true, signal }: ArmOptions = {}): Promise<void> {
    const plan = await this.#plan()
    await this.#start(plan)
    if (waitReady) await this.waitReady(signal)
  }

  /** 0 where it is ready, or not armed. */
  readyInMs(): number {
    return this.#armed ? Math.max(0, this.#armed.readyAt - this.#clock.now()) : 0
  }

  async waitReady(signal?: AbortSignal): Promise<void> {
    // Timers may come early by a part of a millisecond.
    for (let ms = this.readyInMs(); ms > 0; ms = this.readyInMs()) await sleep(this.#clock, ms, signal)
  }

  async fireMoi(): Promise<void> {
    const armed = this.#armed
    if (!armed) {
      throw new FramewireError(
        'telops/not-armed',
        'The buffer does not record: call bufferArm before bufferFireMoi.',
        {},
      )
    }
    if (armed.moiSource !== MOI_SOURCES.software) throw sourceFault(armed.moiSource)
    const early = this.readyInMs()
    if (early > 0) {
      this.#warn(
        'FRAMEWIRE_TELOPS_MOI_EARLY',
        `The moment of interest was fired ${Math.ceil(early)} ms before the buffer held all frames before it: some of ` +
          'them will be missing. Await bufferWaitReady() before.',
      )
    }
    await this.#registers.execute('MemoryBufferMOISoftware')
  }

  /** Until all sequences are recorded, or it was stopped. */
  async wait({ timeoutMs = 30_000, signal }: BufferWaitOptions = {}): Promise<BufferWaitResult> {
    const nSequences = await this.#registers.read('MemoryBufferNumberOfSequences')
    const began = this.#clock.now()
    // Just armed, it may not have begun.
    let hasRecorded = false
    for (;;) {
      const status = await bufferStatus(this.#registers)
      const sequences = await this.#registers.read('MemoryBufferSequenceCount')
      const isDone = status === 'HOLDING' || status === 'IDLE'
      if (isDone && (hasRecorded || sequences >= nSequences)) return { status, sequences }
      if (status === 'RECORDING') hasRecorded = true
      const waitedMs = this.#clock.now() - began
      if (waitedMs >= timeoutMs) throw unfinishedFault(sequences, nSequences, waitedMs)
      await sleep(this.#clock, Math.min(STATUS_POLL_MS, timeoutMs - waitedMs), signal)
    }
  }

  /** All sequences, each with a moment of interest of its own; the camera is stopped behind them, whatever happens. */
  async record({ waitFor, onProgress, signal }: RecordOptions = {}): Promise<RecordedFrames> {
    if (typeof waitFor === 'number' && !(waitFor >= 0 && waitFor < Number.POSITIVE_INFINITY)) {
      throw optionFault('waitFor', waitFor, 'ms, or a function')
    }
    const plan = await this.#plan()
    if (plan.moiSource !== MOI_SOURCES.software) throw sourceFault(plan.moiSource)
    if (plan.preMoi > 0 && waitFor === undefined) {
      this.#warn(
        'FRAMEWIRE_TELOPS_PRE_MOI',
        'Frames before the moment of interest are recorded, but it comes from no event: it is fired as soon as they ' +
          'fit. Give waitFor.',
      )
    }
    const tell = (phase: RecordProgress['phase'], sequence: number) =>
      onProgress?.({ phase, sequence, nSequences: plan.nSequences, frames: plan.framesPerSequence })
    tell('arming', 0)
    try {
      await this.#start(plan)
      for (let sequence = 0; sequence < plan.nSequences; sequence++) {
        if (sequence > 0) tell('firing', sequence)
        await this.waitReady(signal)
        await this.#waitFor(waitFor, sequence, signal)
        await this.#recordOne(plan, () => tell('recording', sequence), signal)
        tell('done', sequence)
      }
    } catch (error) {
      // One that is gone cannot be stopped.
      await this.stop().catch(() => {})
      throw error
    }
    await this.stop()
    await sleep(this.#clock, SETTLE_MS)
    const recorded = await recordedFrames(this.#registers, plan.nSequences)
    return { frames: recorded.reduce((sum, frames) => sum + frames, 0), recorded }
  }

  /** Record nothing more. */
  async stop(): Promise<void> {
    this.#armed = undefined
    await this.#registers.execute('AcquisitionStop')
  }

  async #plan(): Promise<Omit<Armed, 'readyAt'>> {
    const registers = this.#registers
    return {
      frameRateHz: await registers.read('AcquisitionFrameRate'),
      nSequences: await registers.read('MemoryBufferNumberOfSequences'),
      framesPerSequence: await registers.read('MemoryBufferSequenceSize'),
      preMoi: await registers.read('MemoryBufferSequencePreMOISize'),
      moiSource: await registers.read('MemoryBufferMOISource'),
    }
  }

  /** A camera that is armed while it records counts no sequences any more: it has to have stopped. */
  async #start(plan: Omit<Armed, 'readyAt'>): Promise<void> {
    await this.stop()
    const began = this.#clock.now()
    while ((await bufferStatus(this.#registers)) === 'RECORDING') {
      const waitedMs = this.#clock.now() - began
      if (waitedMs >= STOPPING_MS) {
        throw timeoutFault('The buffer records still', waitedMs, 'Call bufferClear() and try again.')
      }
      await sleep(this.#clock, STOPPING_POLL_MS)
    }
    await this.#registers.execute('AcquisitionArm')
    await this.#registers.execute('AcquisitionStart')
    this.#armed = { ...plan, readyAt: this.#clock.now() + WARM_UP_MS + preMoiMs(plan) }
  }

  async #waitFor(
    waitFor: RecordOptions['waitFor'],
    sequence: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (typeof waitFor === 'number') return sleep(this.#clock, waitFor, signal)
    await waitFor?.(sequence)
    signal?.throwIfAborted()
  }

  /** Fire, and wait until the camera counts one sequence more. */
  async #recordOne(
    plan: Omit<Armed, 'readyAt'>,
    onFired: () => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const count = () => this.#registers.read('MemoryBufferSequenceCount')
    const before = await count()
    await this.fireMoi()
    onFired()
    const began = this.#clock.now()
    const framesMs = (plan.framesPerSequence / plan.frameRateHz) * 1000
    const timeoutMs = Math.max(LEAST_TIMEOUT_MS, SLACK_MS + framesMs)
    // Nobody needs to look while it certainly records.
    await sleep(this.#clock, framesMs - preMoiMs(plan), signal)
    while ((await count()) <= before) {
      const waitedMs = this.#clock.now() - began
      if (waitedMs >= timeoutMs) throw unfinishedFault(before, plan.nSequences, waitedMs)
      await sleep(this.#clock, POLL_MS, signal)
    }
    // The frames before the next one's moment come from now on.
    if (this.#armed) this.#armed = { ...this.#armed, readyAt: this.#clock.now() + preMoiMs(plan) }
  }
}

function preMoiMs({ preMoi, frameRateHz }: Pick<Armed, 'preMoi' | 'frameRateHz'>): number {
  return preMoi === 0 ? 0 : (preMoi / frameRateHz) * 1000
}

function sourceFault(moiSource: number): FramewireError {
  const name = Object.entries(MOI_SOURCES).find(([, value]) => value === moiSource)?.[0] ?? moiSource
  const expected = "'software' to bufferConfigure; others are waited for with bufferArm and bufferWait"
  return optionFault('moiSource', name, expected)
}

function unfinishedFault(sequences: number, nSequences: number, waitedMs: number): FramewireError {
  return timeoutFault(
    `The camera has recorded ${sequences} of ${nSequences} sequences`,
    waitedMs,
    'Did every sequence have its moment of interest? Else call bufferClear() and try again.',
  )
}
