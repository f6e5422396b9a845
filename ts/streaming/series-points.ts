import { FramewireError } from '../errors.js'

/** Points of one channel. Lists may be arrays or typed arrays, of one length; they are copied at once. */
export interface SeriesChannel {
  /** Seconds since the Unix epoch, by this machine's clock. */
  timestamps: ArrayLike<number>
  /** NaN and infinities travel as `null`. */
  values: ArrayLike<number>
  /** Such as `C` or `mbar`. */
  units?: string
}

/** The same, checked, copied, and with a digest that tells other points from the same again. */
export interface CheckedPoints {
  timestamps: Float64Array
  values: Float64Array
  units: string | undefined
  digest: number
}

/** Which points a message speaks of. */
export interface Whereabouts {
  channel?: string
  chunk?: number
}

/** Check and copy. Throws `series/points`. */
export function checkedPoints(given: SeriesChannel, where: Whereabouts = {}): CheckedPoints {
  if (typeof given !== 'object' || given === null)
    throw wrong(where, 'points must be an object with timestamps and values')
  const timestamps = numbers(given, 'timestamps', where)
  const values = numbers(given, 'values', where)
  if (timestamps.length !== values.length) {
    throw wrong(where, 'timestamps and values must have the same length', {
      timestamps: timestamps.length,
      values: values.length,
    })
  }
  if (!timestamps.every(Number.isFinite))
    throw wrong(where, 'timestamps must be finite seconds since the Unix epoch')
  const { units } = given
  if (units !== undefined && typeof units !== 'string')
    throw wrong(where, "'units' must be a string, or left out")
  return { timestamps, values, units, digest: digestOf(timestamps, values, units) }
}

function numbers(given: SeriesChannel, key: 'timestamps' | 'values', where: Whereabouts): Float64Array {
  const list: unknown = given[key]
  if (list === undefined) throw wrong(where, `missing '${key}' key`)
  if (!Array.isArray(list) && !(ArrayBuffer.isView(list) && 'length' in list)) {
    throw wrong(where, `'${key}' must be a list of numbers or a typed array`)
  }
  const source = list as ArrayLike<unknown>
  const copy = new Float64Array(source.length)
  for (let i = 0; i < copy.length; i++) {
    const value = source[i]
    if (typeof value !== 'number')
      throw wrong(
        where,
        `'${key}' must hold numbers; element ${i} is ${value === null ? 'null' : `a ${typeof value}`}`,
      )
    copy[i] = value
  }
  return copy
}

function wrong(
  where: Whereabouts,
  reason: string,
  lengths: { timestamps?: number; values?: number } = {},
): FramewireError<'series/points'> {
  const place =
    where.channel !== undefined
      ? `channel '${where.channel}': `
      : where.chunk !== undefined
        ? `chunk ${where.chunk}: `
        : ''
  const found = lengths.timestamps === undefined ? '' : ` (${lengths.timestamps} and ${lengths.values})`
  return new FramewireError('series/points', `${place}${reason}${found}`, { ...where, ...lengths, reason })
}

/** 53 bits over the bits of all points: enough to tell a repeat from another chunk, and small enough to keep for each. */
function digestOf(timestamps: Float64Array, values: Float64Array, units: string | undefined): number {
  const text = new TextEncoder().encode(units === undefined ? '' : `=${units}`)
  const words = [timestamps, values].map((list) => new Uint32Array(list.buffer))
  words.push(Uint32Array.from(text))
  return mixed(words, 0x9747b28c) * 2 ** 21 + (mixed(words, 0x3c6ef372) >>> 11)
}

/** The 32-bit mixing of MurmurHash3. */
function mixed(lists: readonly Uint32Array[], seed: number): number {
  let hash = seed
  for (const words of lists) {
    for (const word of words) {
      const spread = Math.imul(word, 0xcc9e2d51)
      hash ^= Math.imul((spread << 15) | (spread >>> 17), 0x1b873593)
      hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64
    }
    hash ^= words.length
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
