/** What features need of a camera's registers. Addresses and lengths in bytes. */
export interface FeatureRegisters {
  readMemory(address: number, bytes: number): Promise<Uint8Array>
  writeMemory(address: number, data: Uint8Array): Promise<void>
  /** A 32-bit register. */
  writeRegister(address: number, value: number): Promise<void>
}
