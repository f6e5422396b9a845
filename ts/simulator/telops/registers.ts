import { Status } from '../../gige-vision/bootstrap.js'
import { floatBits, floatOf } from '../../gige-vision/register-float.js'
import { Register, type RegisterName, type TelopsRegister } from '../../telops/registers.js'
import type { Refusal, RegisterMap } from '../register-map.js'
import { CHOICES } from './choices.js'

/** Memory in which the camera's own registers are. */
const AREAS = [
  [0xd300, 0x100],
  [0xe800, 0x500],
] as const

/** What a register takes beside what its type says. */
export interface Setting {
  /** Why it does not take a value, where it does not. */
  refuses?: (value: number) => Refusal
  /** It has a new value. */
  changed?: () => void
}

/** Registers of a Telops camera, by their names; values are numbers whatever their type. */
export class CameraRegisters {
  readonly #map: RegisterMap
  readonly #fails: () => boolean
  readonly #values = new Map<RegisterName, number>()
  readonly #initial: (readonly [RegisterName, number])[] = []

  /** @param fails whether this is a moment at which writes fail */
  constructor(map: RegisterMap, fails: () => boolean) {
    this.#map = map
    this.#fails = fails
    for (const [from, bytes] of AREAS) map.area(from, new Uint8Array(bytes))
  }

  get(name: RegisterName): number {
    return this.#values.get(name)!
  }

  /** Set a value, whatever the register would say. */
  set(name: RegisterName, value: number): void {
    this.#values.set(name, value)
  }

  /** A register that keeps what is written; `initial` when the camera is switched on. */
  setting(name: RegisterName, initial: number, { refuses, changed }: Setting = {}): void {
    this.#initial.push([name, initial])
    this.set(name, initial)
    this.define(name, {
      read: () => this.get(name),
      write: (value) => {
        const refusal = refuses?.(value)
        if (refusal !== undefined) return refusal
        this.set(name, value)
        changed?.()
        return undefined
      },
    })
  }

  /** Settings that nothing depends on. */
  settings(initial: Partial<Record<RegisterName, number>>): void {
    for (const [name, value] of Object.entries(initial)) this.setting(name as RegisterName, value)
  }

  reading(name: RegisterName, read: () => number): void {
    this.define(name, { read })
  }

  /** A register that does something when 1 is written to it; `act` answers a status where it refuses. */
  command(name: RegisterName, act: () => unknown): void {
    this.define(name, {
      read: () => 0,
      write: (value) => {
        if (value !== 1) return Status.invalidParameter
        const refusal = act()
        return typeof refusal === 'number' ? refusal : undefined
      },
    })
  }

  /** A register by what reading and writing it does. What its type does not have is refused before. */
  define(
    name: RegisterName,
    { read, write }: { read: () => number; write?: (value: number) => Refusal },
  ): void {
    const { address, type }: TelopsRegister = Register[name]
    const [decode, encode] = type === 'float' ? [floatOf, floatBits] : [Number, Number]
    this.#map.register(address, {
      read: () => encode(read()),
      ...(write && {
        write: (word: number) => {
          if (this.#fails()) return Status.error
          const value = decode(word)
          return isOfType(name, type, value) ? write(value) : Status.invalidParameter
        },
      }),
    })
  }

  /** Every setting as it is when the camera is switched on. */
  load(): void {
    for (const [name, value] of this.#initial) this.set(name, value)
  }
}

function isOfType(name: RegisterName, type: TelopsRegister['type'], value: number): boolean {
  if (type === 'float') return Number.isFinite(value)
  if (type === 'bool') return value <= 1
  if (type === 'enum') return Object.values(CHOICES[name]!).includes(value)
  return true
}

/** Refuses what is not within these bounds. */
export function within(least: number, most: number): (value: number) => Refusal {
  return (value) => (value >= least && value <= most ? undefined : Status.invalidParameter)
}
