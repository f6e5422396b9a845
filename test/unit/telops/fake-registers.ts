import { FramewireError } from '../../../ts/errors.js'
import type { Registers } from '../../../ts/gige/registers.js'
import { floatBits, floatOf } from '../../../ts/gige-vision/register-float.js'
import { Register, type RegisterName } from '../../../ts/telops/registers.js'
import { VirtualClock } from '../../simulation/clock.js'

const NAMES = new Map(
  (Object.keys(Register) as RegisterName[]).map((name) => [Register[name].address as number, name]),
)

/** A camera's registers in memory, with as much behaviour as a test gives them; notes all traffic. */
export class FakeRegisters implements Registers {
  readonly clock = new VirtualClock()
  /** `read Width`, `Width = 64`; others by their addresses; when is in `times`. */
  readonly log: string[] = []
  readonly times: number[] = []
  readonly #bits = new Map<number, number>()
  readonly #reading = new Map<string, () => number>()
  readonly #writing = new Map<string, (value: number) => number | undefined>()
  readonly #refusals = new Map<string, { status: number; times: number }>()

  constructor() {
    this.set('Width', 320)
    this.set('Height', 258)
    this.set('ExposureTime', 10)
    this.set('AcquisitionFrameRate', 500)
    this.set('FrameRateMax', 3115)
    this.set('CalibrationMode', 2)
    this.set('DevicePowerState', 1)
  }

  get(name: RegisterName): number {
    const bits = this.#bits.get(Register[name].address) ?? 0
    return Register[name].type === 'float' ? floatOf(bits) : bits
  }

  set(name: RegisterName, value: number): void {
    this.#bits.set(Register[name].address, Register[name].type === 'float' ? floatBits(value) : value)
  }

  /** What reading this register gives. */
  reads(name: RegisterName, value: () => number): void {
    this.#reading.set(name, value)
  }

  /** What happens when it is written; a number is what the camera makes of the value. */
  writes(name: RegisterName, then: (value: number) => number | undefined): void {
    this.#writing.set(name, then)
  }

  /** Refuse what is written to it, or read where it cannot be written. */
  refuse(name: RegisterName, status: number, times = Number.POSITIVE_INFINITY): void {
    this.#refusals.set(name, { status, times })
  }

  async readRegister(address: number): Promise<number> {
    const name = NAMES.get(address)
    this.#note(`read ${name ?? hex(address)}`)
    if (name && Register[name].access === 'read') this.#refused(name)
    const value = name && this.#reading.get(name)?.()
    if (name && value !== undefined) this.set(name, value)
    return this.#bits.get(address) ?? 0
  }

  async writeRegister(address: number, bits: number): Promise<void> {
    const name = NAMES.get(address)
    if (!name) {
      this.#note(`${hex(address)} = ${bits}`)
      this.#bits.set(address, bits)
      return
    }
    const value = Register[name].type === 'float' ? floatOf(bits) : bits
    this.#note(`${name} = ${value}`)
    this.#refused(name)
    this.set(name, this.#writing.get(name)?.(value) ?? value)
  }

  readMemory(): Promise<never> {
    throw new Error('no memory')
  }

  writeMemory(): Promise<never> {
    throw new Error('no memory')
  }

  /** What was written and read since the last call. */
  taken(): string[] {
    this.times.length = 0
    return this.log.splice(0)
  }

  /** Let time pass until this has settled. */
  async pass<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false
    const settle = () => {
      isSettled = true
    }
    promise.then(settle, settle)
    for (let steps = 0; steps < 100_000; steps++) {
      await new Promise((resolve) => setImmediate(resolve))
      if (isSettled) return promise
      await this.clock.step()
    }
    throw new Error('100,000 timers, and no end')
  }

  #note(line: string): void {
    this.log.push(line)
    this.times.push(this.clock.now())
  }

  #refused(name: RegisterName): void {
    const refusal = this.#refusals.get(name)
    if (!refusal || refusal.times-- <= 0) return
    const { status } = refusal
    const statusName = status === 0x8fff ? 'GEV_STATUS_ERROR' : 'GEV_STATUS_WRITE_PROTECT'
    throw new FramewireError('gige/refused', `refused ${name}`, {
      address: '192.0.2.1',
      command: name,
      status,
      statusName,
    })
  }
}

function hex(address: number): string {
  return `0x${address.toString(16).padStart(4, '0')}`
}
