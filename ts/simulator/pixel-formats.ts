/** Pixel formats of simulated cameras, by their numbers in the PFNC. Those of 16 bits are little-endian. */
export const PIXEL_FORMATS = {
  Mono8: 0x0108_0001,
  Mono12: 0x0110_0005,
  Mono12Packed: 0x010c_0006,
  Mono16: 0x0110_0007,
} as const

/** Pixel formats of simulated cameras, by their names in the PFNC. */
export type SimulatedPixelFormat = keyof typeof PIXEL_FORMATS

/** Bits that a pixel takes; a field of every number. */
export function bitsPerPixel(code: number): number {
  return (code >> 16) & 0xff
}
