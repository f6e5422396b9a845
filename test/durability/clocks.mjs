/** The clocks of this process, which can be set: `Date`, and `performance.now` with the timers that run by it. */
const { wallMs = 0 } = JSON.parse(process.argv[2])
const offsets = { wall: wallMs, monotonic: 0 }

const RealDate = Date
globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length > 0) super(...given)
    else super(RealDate.now() + offsets.wall)
  }

  static now() {
    return RealDate.now() + offsets.wall
  }
}

const now = performance.now.bind(performance)
performance.now = () => now() + offsets.monotonic

/** What waits, and when it is due. */
const timers = new Map()
const start = globalThis.setTimeout
globalThis.setTimeout = (then, ms, ...given) => {
  const work = () => {
    timers.delete(timer)
    then(...given)
  }
  const timer = start(work, ms)
  timers.set(timer, { work, dueAt: performance.now() + ms })
  return timer
}
const stop = globalThis.clearTimeout
globalThis.clearTimeout = (timer) => {
  timers.delete(timer)
  stop(timer)
}

/**
 * Set the wall clock, and let the monotonic one pass so much time in which the process did not run: timers that fell due
 * meanwhile fire now.
 */
export function jump({ wallMs = 0, monotonicMs = 0 }) {
  offsets.wall += wallMs
  offsets.monotonic += monotonicMs
  for (const [timer, { work, dueAt }] of monotonicMs > 0 ? [...timers] : []) {
    if (dueAt > performance.now()) continue
    stop(timer)
    setImmediate(() => timers.has(timer) && work())
  }
}
