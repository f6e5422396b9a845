import { FramewireError, hasCode } from '../errors.js'
import type { Registers } from '../gige/registers.js'
import { Status } from '../gige-vision/bootstrap.js'
import { floatBits, floatOf } from '../gige-vision/register-float.js'
import { type Clock, sleep } from '../upload/clock.js'
import { optionFault } from './faults.js'
import { Register, type RegisterName } from './registers.js'

/** What is needed of a camera to read and write its registers. */
export type RegisterPort = Pick<Registers, 'readRegister' | 'writeRegister'>

/** Names for the values of an enumeration. */
export type Choices = Readonly<Record<string, number>>

/** Under load the camera refuses for a moment: so often a write is tried, so many ms apart. */
const TRIES = 3
const AGAIN_MS = 1000
/** How it refuses then. */
const PASSING: readonly number[] = [Status.error, Status.busy]

const MOST_INT = 2 ** 32 - 1

/**
 * Registers of a Telops camera by name, as the values that they hold. Refusals reject with `telops/refused`, values that
 * a register cannot hold with `telops/option`, before anything is sent; else with `gige/...`.
 */
export class RegisterAccess {
  readonly #port: RegisterPort
  readonly #clock: Clock
  /** What is under way with each selector. */
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(port: RegisterPort, clock: Clock) {
    this.#port = port
    this.#clock = clock
  }

  /** A number; 0 or 1 of a boolean. */
  async read(name: RegisterName): Promise<number> {
    const { address, type } = Register[name]
    try {
      const bits = await this.#port.readRegister(address)
      return type === 'float' ? floatOf(bits) : bits
    } catch (error) {
      throw refusal(error, name, undefined, 1)
    }
  }

  /** Whether a boolean is set. */
  async isSet(name: RegisterName): Promise<boolean> {
    return (await this.read(name)) !== 0
  }

  /** An enumeration's value by its name here. Rejects with `telops/answer` where it has none. */
  async choice<C extends Choices>(name: RegisterName, choices: C): Promise<keyof C & string> {
    const value = await this.read(name)
    const found = Object.keys(choices).find((key) => choices[key] === value)
    if (found !== undefined) return found
    throw new FramewireError(
      'telops/answer',
      `The camera says that ${name} is ${value}, which means nothing known. Tell us of it, with the camera's firmware.`,
      { register: name, value },
    )
  }

  async write(name: RegisterName, value: number | boolean): Promise<void> {
    const number = Number(value)
    const { address } = Register[name]
    const bits = bitsOf(name, number)
    for (let tries = 1; ; tries++) {
      try {
        return await this.#port.writeRegister(address, bits)
      } catch (error) {
        const passes = hasCode(error, 'gige/refused') && PASSING.includes(error.details.status)
        if (!passes || tries === TRIES) throw refusal(error, name, number, tries)
        await sleep(this.#clock, AGAIN_MS)
      }
    }
  }

  /** Do what a command is named for. */
  execute(name: RegisterName): Promise<void> {
    return this.write(name, 1)
  }

  /** Set a selector, then do what depends on it; whoever else wants this selector waits. */
  select<T>(selector: RegisterName, value: number, then: () => Promise<T>): Promise<T> {
    return this.inTurn(selector, async () => {
      await this.write(selector, value)
      return then()
    })
  }

  /** Do things of one kind one after another. */
  inTurn<T>(kind: string, task: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(kind) ?? Promise.resolve()).then(task)
    this.#turns.set(
      kind,
      turn.catch(() => {}),
    )
    return turn
  }
}

function bitsOf(name: RegisterName, value: number): number {
  if (Register[name].type !== 'float') {
    if (Number.isInteger(value) && value >= 0 && value <= MOST_INT) return value
    throw optionFault(name, value, `a whole number from 0 to ${MOST_INT}`)
  }
  if (Number.isFinite(Math.fround(value))) return floatBits(value)
  throw optionFault(name, value, 'a finite number')
}

function refusal(error: unknown, register: RegisterName, value: number | undefined, tries: number): unknown {
  if (!hasCode(error, 'gige/refused')) return error
  const { address, statusName } = error.details
  const what = value === undefined ? `to read ${register}` : `${register} = ${value}`
  const often = tries > 1 ? `, ${tries} times in ${tries - 1} s` : ''
  const remedy =
    value === undefined
      ? 'It may not have it, or not now'
      : 'Stop what is under way (an acquisition, a recording, a download), or give another value'
  return new FramewireError(
    'telops/refused',
    `The camera at ${address} refused ${what}${often} (${statusName}). ${remedy}.`,
    { register, statusName, tries, ...(value !== undefined && { value }) },
    { cause: error },
  )
}
