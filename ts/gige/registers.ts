/** A camera's registers, from whichever side of a thread. Addresses and lengths in bytes; all reject with `gige/...`. */
export interface Registers {
  /** A 32-bit register. */
  readRegister(address: number): Promise<number>
  writeRegister(address: number, value: number): Promise<void>
  /** Any number of bytes from any address; cut into packets as needed. */
  readMemory(address: number, bytes: number): Promise<Uint8Array<ArrayBuffer>>
  writeMemory(address: number, data: Uint8Array): Promise<void>
}
