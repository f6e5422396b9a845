const scratch = new DataView(new ArrayBuffer(4))

/** The number that the word of a register stands for, where it is a 32-bit float. */
export function floatOf(word: number): number {
  scratch.setUint32(0, word)
  return scratch.getFloat32(0)
}

/** The word of a register that stands for this number. */
export function floatBits(value: number): number {
  scratch.setFloat32(0, value)
  return scratch.getUint32(0)
}
