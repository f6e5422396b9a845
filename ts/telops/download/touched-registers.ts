import { MemoryBufferDownloadMode } from '../enumerations.js'
import type { RegisterAccess, RegisterPort } from '../register-access.js'
import type { RegisterName } from '../registers.js'

/** Registers that a download writes, and that are put back when it is over, whatever became of it. */
export class TouchedRegisters {
  readonly #registers: RegisterAccess
  readonly #port: RegisterPort
  /** What puts them back, the last first. */
  readonly #undo: (() => Promise<void>)[] = []

  constructor(registers: RegisterAccess, port: RegisterPort) {
    this.#registers = registers
    this.#port = port
  }

  /** Write a register of the camera's own. */
  async write(name: RegisterName, value: number): Promise<void> {
    const before = await this.#registers.read(name)
    this.#undo.push(() => this.#registers.write(name, before))
    await this.#registers.write(name, value)
  }

  /** A register of the GigE Vision standard will be written by others: it is put back, too. */
  async keep(address: number): Promise<void> {
    const before = await this.#port.readRegister(address)
    this.#undo.push(() => this.#port.writeRegister(address, before))
  }

  /** Begin a download: the registers that tell what to send can be written from then on. */
  async unlock(): Promise<void> {
    this.#undo.push(() => this.#registers.write('MemoryBufferDownloadMode', MemoryBufferDownloadMode.OFF))
    await this.#registers.write('MemoryBufferDownloadMode', MemoryBufferDownloadMode.SEQUENCE)
  }

  /** Put all back; each is tried. Rejects with what the first failed with. */
  async putBack(): Promise<void> {
    let fault: { error: unknown } | undefined
    for (const undo of this.#undo.splice(0).reverse()) {
      await undo().catch((error: unknown) => {
        fault ??= { error }
      })
    }
    if (fault) throw fault.error
  }
}
