/** Frames of Telops cameras: two header rows on top, pixels of 16 bit, little-endian, below. */
export interface TelopsFrames {
  /**
   * Take a frame of `bytes` bytes in; `fill` writes them. Its header as numbers: frame id, offset and exponent of
   * physical values, exposure in us, calibration mode, width, height without the header rows, frame rate in Hz,
   * buffering flag (-1 where the header has none), POSIX seconds, sub-second in 100 ns, major and minor version, length
   * of the header. Undefined where there is none.
   */
  load(bytes: number, fill: (into: Uint8Array) => void): Float64Array<ArrayBuffer> | undefined
  /**
   * Counts of the frame that was loaded, of rows of `width` pixels, without the header rows: `into.length` of them.
   * Throws `gige/packet` where the frame has fewer.
   */
  counts(width: number, into: Uint16Array): void
  /**
   * As `counts`, in physical values as the header has them; kelvin becomes degC. Where it has none, counts as they are.
   * Calculated in 64 bits and rounded once: `Math.fround(count * 2 ** dataExp + dataOffset - 273.15)`, the last in mode RT
   * alone. Throws `gige/packet` also where the frame has no header.
   */
  physical(width: number, into: Float32Array): void
  /** Least, greatest and mean of so many counts, or of their physical values. */
  range(width: number, count: number, physical: boolean): Float64Array<ArrayBuffer>
}
