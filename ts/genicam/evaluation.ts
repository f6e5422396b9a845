import { FramewireError, hasCode } from '../errors.js'
import { descriptionError } from './faults.js'
import type { Answer, Failure, Nodes } from './nodes.js'
import type { FeatureRegisters } from './registers.js'

/** Registers that one evaluation may ask for. */
const MAX_REGISTERS = 2000
/** The longest register that is read. */
const MAX_REGISTER_BYTES = 16 * 2 ** 20

/** What the node map says against an evaluation, before it is put into words for the caller. */
export class Refusal extends Error {
  /** @param failure what the node map says; @param register the camera's own answer, where it refused a register */
  constructor(
    readonly failure: Failure,
    readonly register: unknown,
  ) {
    super(failure.message)
  }
}

/**
 * Runs evaluations of the node map, which are synchronous, against registers, which are not: a register that is missing
 * ends the evaluation, is fetched, and the evaluation runs again. One operation at a time.
 */
export class Evaluation {
  readonly #nodes: Nodes
  readonly #registers: FeatureRegisters
  readonly #now: () => number
  readonly #source: string
  #line: Promise<unknown> = Promise.resolve()
  /** What the camera refused during this operation, by address. */
  readonly #refused = new Map<bigint, unknown>()

  /** @param now a clock in ms that never goes back; @param source the camera's name, for messages */
  constructor(nodes: Nodes, registers: FeatureRegisters, now: () => number, source: string) {
    this.#nodes = nodes
    this.#registers = registers
    this.#now = now
    this.#source = source
  }

  /** Run an operation once those before it are done. */
  operation<T>(run: () => Promise<T>): Promise<T> {
    const operation = this.#line.then(() => {
      this.begin()
      return run()
    })
    this.#line = operation.catch(() => {})
    return operation
  }

  /** From here on, what is not cached is read anew. */
  begin(): void {
    this.#refused.clear()
    this.#nodes.begin(this.#now())
  }

  /** The result of an evaluation. Throws {@link Refusal}, and what reading registers throws. */
  async of<T>(evaluate: () => Answer<T>): Promise<T> {
    for (let fetched = 0; fetched < MAX_REGISTERS; fetched++) {
      const answer = this.#called(evaluate)
      if (answer.kind === 'done') return answer.result
      if (answer.kind === 'failed') {
        throw new Refusal(
          answer,
          answer.address === undefined ? undefined : this.#refused.get(answer.address),
        )
      }
      await this.#fetch(answer.address, answer.bytes)
    }
    throw descriptionError(this.#source, `one value depends on more than ${MAX_REGISTERS} registers`)
  }

  /** Send what the last evaluation writes, in order. */
  async send(): Promise<void> {
    for (const { address, data } of this.#nodes.writes()) {
      // Whether it arrived or not: what is there now only the camera knows.
      this.#nodes.written(address, data.length)
      const at = Number(address)
      // Cameras need not know WRITEMEM.
      if (data.length === 4 && at % 4 === 0) {
        await this.#registers.writeRegister(at, new DataView(data.buffer, data.byteOffset).getUint32(0))
      } else {
        await this.#registers.writeMemory(at, data)
      }
    }
  }

  async #fetch(address: bigint, bytes: number): Promise<void> {
    const at = Number(address)
    if (!Number.isSafeInteger(at + bytes) || bytes > MAX_REGISTER_BYTES) {
      throw descriptionError(this.#source, `it names a register of ${bytes} bytes at ${address}`)
    }
    try {
      const data = bytes === 0 ? new Uint8Array(0) : await this.#registers.readMemory(at, bytes)
      this.#nodes.learn(address, bytes, data)
    } catch (error) {
      // A register that the camera refuses may be one that a condition of the description asks about.
      if (!hasCode(error, 'gige/refused')) throw error
      this.#refused.set(address, error)
      this.#nodes.learn(address, bytes)
    }
  }

  #called<T>(call: () => T): T {
    try {
      return call()
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new FramewireError(
        'core/internal',
        `The node map of ${this.#source} failed: ${reason}. Load its features again; if it happens again, report it with the camera's XML.`,
        { reason },
        { cause },
      )
    }
  }
}
