/** Gray pixels of 16 bit that are not yet as this machine has them, as crates/pixels names them. */
export type PackedPixels = 'u16be' | 'mono10p' | 'mono12p' | 'mono10packed' | 'mono12packed'

/** Images as cameras send them to 16-bit values. */
export interface Pixels {
  /**
   * Unpack an image of `bytes` bytes, which `fill` writes, into `height * width` values. Rows begin `rowBytes` behind
   * each other; where that is left out they follow each other without padding, to the bit.
   */
  unpack(image: PackedImage, fill: (into: Uint8Array) => void, into: Uint16Array): void
}

/** How an image that is to be unpacked lies in its bytes. */
export interface PackedImage {
  format: PackedPixels
  bytes: number
  height: number
  width: number
  rowBytes?: number
}
