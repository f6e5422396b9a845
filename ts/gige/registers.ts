/** A camera's registers, from whichever side of a thread. Addresses and lengths in bytes; all reject with `gige/...`. */
export interface Registers {
  /** A 32-bit register. */
  readRegister(address: number): Promise<number>
  /** A 32-bit register. */
  writeRegister(address: number, value: number): Promise<void>
  /** Any number of bytes from any address; cut into packets as needed. */
  readMemory(address: number, bytes: number): Promise<Uint8Array<ArrayBuffer>>
  /** Any number of bytes, to any address; memory goes by fours, so that what lies beside them is read and written too. */
  writeMemory(address: number, data: Uint8Array): Promise<void>
}
