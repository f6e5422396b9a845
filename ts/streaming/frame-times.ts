/** Capture times of the frames of a chunk, at least one, as they are told to others. */
export interface ChunkTimes {
  /** Capture time of the first frame, and the end of the last, Unix ms of this machine's clock. */
  startUnixMs: number
  endUnixMs: number
  /** Microseconds from the first frame to each. */
  offsetsUs: number[]
  /** Whether all frames lie within a tenth of a period of their place. */
  isRegular: boolean
}

/** Make capture times (ns since 1970) of frames that were declared to come `fps` a second presentable. */
export function frameTimes(capturedAtNs: BigInt64Array, fps: number): ChunkTimes {
  const first = capturedAtNs[0]!
  const periodUs = 1e6 / fps
  const offsetsUs = Array.from(capturedAtNs, (ns) => Number((ns - first) / 1000n))
  const isRegular = offsetsUs.every((us, frame) => Math.abs(us - frame * periodUs) <= periodUs / 10)
  const startUnixMs = Number(first / 1000n) / 1000
  const endUnixMs = startUnixMs + (offsetsUs.at(-1)! + periodUs) / 1000
  return { startUnixMs, endUnixMs, offsetsUs, isRegular }
}
