import { TriggerMode, TriggerSelector, TriggerSource } from '../../telops/enumerations.js'
import type { RegisterName } from '../../telops/registers.js'
import { type CameraRegisters, within } from './registers.js'

const { ACQUISITION_START } = TriggerSelector
const PER_SELECTOR = ['TriggerMode', 'TriggerSource', 'TriggerActivation', 'TriggerDelay'] as const

/** What starts the taking of frames, beside the clock: settings of each selector. */
export class Trigger {
  readonly #registers: CameraRegisters
  readonly #fire: () => void
  readonly #values = new Map<string, number>()

  /** @param fire takes a frame */
  constructor(registers: CameraRegisters, fire: () => void) {
    this.#registers = registers
    this.#fire = fire
    registers.setting('TriggerSelector', ACQUISITION_START)
    for (const name of PER_SELECTOR) {
      const delay = within(0, 1e6)
      registers.define(name, {
        read: () => this.#value(name),
        write: (value) => {
          const refusal = name === 'TriggerDelay' ? delay(value) : undefined
          if (refusal === undefined) this.#values.set(`${registers.get('TriggerSelector')} ${name}`, value)
          return refusal
        },
      })
    }
    registers.setting('TriggerFrameCount', 1, { refuses: within(1, 65_535) })
    registers.command('TriggerSoftware', () => this.signal(TriggerSource.SOFTWARE))
  }

  /** The camera is switched on. */
  load(): void {
    this.#values.clear()
  }

  /** Frames are taken when a signal comes, and not by the clock. */
  get isOn(): boolean {
    return this.#value('TriggerMode', ACQUISITION_START) === TriggerMode.ON
  }

  /** A signal comes from this source. */
  signal(source: number): void {
    if (!this.isOn || this.#value('TriggerSource', ACQUISITION_START) !== source) return
    for (let frames = this.#registers.get('TriggerFrameCount'); frames > 0; frames--) this.#fire()
  }

  #value(name: RegisterName, selector = this.#registers.get('TriggerSelector')): number {
    return this.#values.get(`${selector} ${name}`) ?? 0
  }
}
