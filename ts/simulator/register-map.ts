import { Status } from '../gige-vision/bootstrap.js'

/** What a write comes to: undefined for success, else a status. */
export type Refusal = number | undefined

/** A register of 4 bytes. Without `write` it cannot be written. */
export interface Register {
  /** Its value now; left out: what was written last, 0 at first. */
  read?: () => number
  /** Take a value, or refuse it. */
  write?: (value: number) => Refusal
}

/** A camera's memory: areas that can be read, words in them that do something. Big-endian, addresses in bytes. */
export class RegisterMap {
  readonly #areas: { from: number; bytes: Uint8Array; view: DataView }[] = []
  readonly #registers = new Map<number, Register>()

  /** Memory that can be read from `from` on; what nothing else is said of is zero. */
  area(from: number, bytes: Uint8Array): void {
    this.#areas.push({ from, bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) })
  }

  /** Put bytes where a host can only read them. */
  put(address: number, bytes: Uint8Array): void {
    this.#areaAt(address, bytes.length)!.bytes.set(bytes, address - this.#areaAt(address, bytes.length)!.from)
  }

  /** A number that a host can only read. */
  constant(address: number, value: number): void {
    this.#set(address, value)
  }

  /** A register that does something. */
  register(address: number, register: Register): void {
    this.#registers.set(address, register)
  }

  /** Words that a host can read and write, from `value` on. */
  plain(address: number, value = 0, write: (value: number) => Refusal = () => undefined): void {
    this.#set(address, value)
    this.#registers.set(address, { write })
  }

  /** A word as it is now. */
  word(address: number): number {
    const read = this.#registers.get(address)?.read
    if (read) return read() >>> 0
    const area = this.#areaAt(address, 4)!
    return area.view.getUint32(address - area.from)
  }

  /** Set a word, whatever its register would say. */
  set(address: number, value: number): void {
    this.#set(address, value)
  }

  /** What a host reads; a status where it cannot. */
  read(address: number, count: number): Uint8Array<ArrayBuffer> | number {
    if (address % 4 !== 0 || count % 4 !== 0) return Status.badAlignment
    if (!this.#areaAt(address, count)) return Status.invalidAddress
    const data = new DataView(new ArrayBuffer(count))
    for (let at = 0; at < count; at += 4) data.setUint32(at, this.word(address + at))
    return new Uint8Array(data.buffer)
  }

  /** Write what a host sends, word by word until one is refused; how many were written, and why not the next. */
  write(address: number, data: Uint8Array): { words: number; refusal: Refusal } {
    if (address % 4 !== 0 || data.length % 4 !== 0) return { words: 0, refusal: Status.badAlignment }
    if (!this.#areaAt(address, data.length)) return { words: 0, refusal: Status.invalidAddress }
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
    for (let at = 0; at < data.length; at += 4) {
      const refusal = this.#write(address + at, view.getUint32(at))
      if (refusal !== undefined) return { words: at / 4, refusal }
    }
    return { words: data.length / 4, refusal: undefined }
  }

  #write(address: number, value: number): Refusal {
    const register = this.#registers.get(address)
    if (!register?.write) return Status.writeProtect
    const refusal = register.write(value)
    if (refusal === undefined && !register.read) this.#set(address, value)
    return refusal
  }

  #set(address: number, value: number): void {
    const area = this.#areaAt(address, 4)!
    area.view.setUint32(address - area.from, value >>> 0)
  }

  #areaAt(address: number, bytes: number) {
    return this.#areas.find(
      ({ from, bytes: { length } }) => address >= from && address + bytes <= from + length,
    )
  }
}
