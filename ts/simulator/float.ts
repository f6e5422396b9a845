const float = new DataView(new ArrayBuffer(4))

/** The number that the word of a register stands for, where it is a 32-bit float. */
export function toFloat(word: number): number {
  float.setUint32(0, word)
  return float.getFloat32(0)
}

/** The word of a register that stands for this number. */
export function fromFloat(value: number): number {
  float.setFloat32(0, value)
  return float.getUint32(0)
}
