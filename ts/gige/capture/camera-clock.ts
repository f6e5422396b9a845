/** A moment by the camera's clock and what is known of it by the host's, both in ns. */
interface Sample {
  cameraNs: bigint
  /** Host less camera: what it is at most, and by how much it may be less. */
  offsetNs: bigint
  uncertaintyNs: number
}

const SECOND = 1_000_000_000n
/** Samples are gathered over so long, and the best of them counts. */
const BUCKET_NS = SECOND
/** So many buckets are looked back upon. */
const BUCKETS = 64
/** A drift is believed once it was watched for so long: over less, jitter looks like drift. */
const DRIFT_AFTER_NS = 8e9
/** No quartz drifts by more. */
const MAX_DRIFT = 500e-6
/** A clock was set when it is off by more than this, against all that was seen before. */
const STEP_NS = 50_000_000
/** Upwards a packet may be late for other reasons: then only so many buckets in succession are believed. */
const STEP_BUCKETS = 3

/**
 * A camera's clock told by the host's. Sans I/O: it is told of moments, and answers when something was.
 *
 * Two kinds of moments: a *latch* (the camera noted its time between two moments of the host) says how the clocks
 * differ to within the round trip. A *frame* says only that it was taken before its first packet came: the least
 * delay of many frames is as close as one gets, and includes whatever lies between the moment that the camera stamps and its
 * first packet. Where latches come, frames are used for nothing but steps.
 */
export class CameraClock {
  readonly #frequency: bigint
  #samples: Sample[] = []
  /** Whether the samples are latches. */
  #latched = false
  /** Successive buckets in which the clock seems to have been set back. */
  #suspicious = 0
  /** Host less camera, about: what is reckoned with is small against it, and fits a number. */
  #baseNs = 0n
  /** Host less camera less base at `#atNs`, and how it grows. */
  #offsetNs = 0
  #atNs: bigint | undefined
  #drift = 0
  /** The latest moment that was asked for, and the answer: what comes later is never told to be earlier. */
  #last: { cameraNs: bigint; hostNs: bigint } | undefined

  /** @param frequency ticks in a second; 0 is taken as 1 GHz, the standard's for clocks that follow IEEE 1588 */
  constructor(frequency: bigint) {
    this.#frequency = frequency > 0n ? frequency : SECOND
  }

  /** Drift of the camera's clock against the host's, in parts of 1: positive where the camera's is slow. */
  get drift(): number {
    return this.#drift
  }

  /** Ticks of the camera's clock in ns, by its own rate. */
  cameraNs(ticks: bigint): bigint {
    return (ticks * SECOND) / this.#frequency
  }

  /** The camera's clock showed `ticks` some time between these moments of the host's. */
  latched(ticks: bigint, fromNs: bigint, toNs: bigint): void {
    const cameraNs = this.cameraNs(ticks)
    const uncertaintyNs = Number(toNs - fromNs)
    if (uncertaintyNs < 0) return
    if (!this.#latched) this.#forget()
    this.#latched = true
    const off = this.#off(cameraNs, toNs)
    if (off !== undefined && Math.abs(off) > STEP_NS + uncertaintyNs) this.#forget()
    this.#add({ cameraNs, offsetNs: toNs - cameraNs, uncertaintyNs })
  }

  /** The first packet of an image taken at `ticks` was received at `receivedNs`. */
  received(ticks: bigint, receivedNs: bigint): void {
    const cameraNs = this.cameraNs(ticks)
    const off = this.#off(cameraNs, receivedNs)
    // Before it was taken: one of the clocks was set.
    if (off !== undefined && off < -STEP_NS) this.#forget()
    if (this.#latched) return
    this.#add({ cameraNs, offsetNs: receivedNs - cameraNs, uncertaintyNs: Number.POSITIVE_INFINITY })
  }

  /** When `ticks` was by the host's clock, in ns; `latestNs` at the latest. Undefined before anything is known. */
  hostNs(ticks: bigint, latestNs: bigint): bigint | undefined {
    if (this.#atNs === undefined) return undefined
    const cameraNs = this.cameraNs(ticks)
    let hostNs = cameraNs + this.#baseNs + BigInt(Math.round(this.#offsetAt(cameraNs)))
    if (hostNs > latestNs) hostNs = latestNs
    const last = this.#last
    if (last && cameraNs > last.cameraNs && hostNs <= last.hostNs) hostNs = last.hostNs + 1n
    if (!last || cameraNs > last.cameraNs) this.#last = { cameraNs, hostNs }
    return hostNs
  }

  #offsetAt(cameraNs: bigint): number {
    return this.#offsetNs + this.#drift * Number(cameraNs - this.#atNs!)
  }

  /** How much later than expected the host's moment is. */
  #off(cameraNs: bigint, hostNs: bigint): number | undefined {
    if (this.#atNs === undefined) return undefined
    return Number(hostNs - cameraNs - this.#baseNs) - this.#offsetAt(cameraNs)
  }

  #forget(): void {
    this.#samples = []
    this.#suspicious = 0
    this.#atNs = undefined
    this.#drift = 0
    this.#last = undefined
  }

  #add(sample: Sample): void {
    let last = this.#samples.at(-1)
    if (last && sample.cameraNs < last.cameraNs - BUCKET_NS) {
      this.#forget()
      last = undefined
    }
    if (!last) this.#baseNs = sample.offsetNs
    if (last && sample.cameraNs / BUCKET_NS <= last.cameraNs / BUCKET_NS) {
      if (!better(sample, last)) return
      this.#samples[this.#samples.length - 1] = sample
    } else {
      if (last) this.#settle(last)
      this.#samples.push(sample)
      if (this.#samples.length > BUCKETS) this.#samples.shift()
      this.#drift = this.#fitDrift()
    }
    this.#fitOffset()
  }

  /** A bucket is full: `best` is what it says. */
  #settle(best: Sample): void {
    const off = this.#off(best.cameraNs, best.cameraNs + best.offsetNs) ?? 0
    this.#suspicious = off > STEP_NS ? this.#suspicious + 1 : 0
    if (this.#suspicious < STEP_BUCKETS) return
    const since = this.#samples.slice(-STEP_BUCKETS)
    this.#forget()
    this.#samples = since
  }

  /** The median of all slopes between samples: a few wild ones do not move it. */
  #fitDrift(): number {
    const points = this.#points()
    if (points[0]!.x > -DRIFT_AFTER_NS) return 0
    const slopes = points.flatMap((a, at) => points.slice(at + 1).map((b) => (b.y - a.y) / (b.x - a.x)))
    const median = slopes.sort((a, b) => a - b)[slopes.length >> 1]!
    return Math.max(-MAX_DRIFT, Math.min(MAX_DRIFT, median))
  }

  /** A line of this slope below every frame, or through the midst of the latches. */
  #fitOffset(): void {
    const rests = this.#points().map(({ x, y }) => y - this.#drift * x)
    rests.sort((a, b) => a - b)
    this.#offsetNs = this.#latched ? rests[rests.length >> 1]! : rests[0]!
    this.#atNs = this.#samples.at(-1)!.cameraNs
  }

  /** The samples, seen from the newest one and the base. */
  #points(): { x: number; y: number }[] {
    const newest = this.#samples.at(-1)!
    return this.#samples.map(({ cameraNs, offsetNs, uncertaintyNs }) => ({
      x: Number(cameraNs - newest.cameraNs),
      y: Number(offsetNs - this.#baseNs) - (this.#latched ? uncertaintyNs / 2 : 0),
    }))
  }
}

/** Whether a sample says more than another one of the same second. */
function better(a: Sample, b: Sample): boolean {
  return a.uncertaintyNs === b.uncertaintyNs ? a.offsetNs < b.offsetNs : a.uncertaintyNs < b.uncertaintyNs
}
