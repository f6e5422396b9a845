import { FramewireError } from '../errors.js'

/** Answer `given` where it is sound, else throw `stream/option`, which says what was expected. */
export function checkedOption<T>(option: string, given: T, sound: boolean, expected: string): T {
  if (sound) return given
  throw new FramewireError('stream/option', `${option} must be ${expected}; got ${told(given)}`, {
    option,
    given,
    expected,
  })
}

/** An integer of at least `least`. Throws `stream/option`. */
export function checkedInteger(option: string, given: number, least: number): number {
  return checkedOption(
    option,
    given,
    Number.isSafeInteger(given) && given >= least,
    `an integer of at least ${least}`,
  )
}

/** A time in ms, or `Infinity`. Throws `stream/option`. */
export function checkedMs(option: string, given: number): number {
  return checkedOption(
    option,
    given,
    typeof given === 'number' && given >= 0,
    'a time in milliseconds, or Infinity',
  )
}

/** A string, or nothing. Throws `stream/option`. */
export function checkedText(option: string, given: string | undefined): string | undefined {
  return checkedOption(option, given, given === undefined || typeof given === 'string', 'a string')
}

/** What `initialize` of every streamer takes to link the stream. */
export interface LinkOptions {
  /** Name (any case; created where there is none) or UUID (must exist) of the sample. */
  physicalSample?: string
  /** UUID of the project; with a sample, the project tracks that sample from now on. */
  projectId?: string
  /** Names or UUIDs of tags, as for the sample. */
  tags?: readonly string[]
}

/** The link options, checked; what is blank counts as not given. Throws `stream/option`. */
export function checkedLinks({ physicalSample, projectId, tags }: LinkOptions): LinkOptions {
  const list = tags ?? []
  const strings = Array.isArray(list) && list.every((tag) => typeof tag === 'string')
  return {
    physicalSample: checkedText('physicalSample', physicalSample)?.trim() || undefined,
    projectId: checkedText('projectId', projectId)?.trim() || undefined,
    tags: checkedOption('tags', list, strings, 'a list of strings'),
  }
}

/** A chunk index: an integer from 0. Throws `stream/chunk-index`. */
export function checkedIndex(index: unknown): number {
  if (Number.isSafeInteger(index) && (index as number) >= 0) return index as number
  throw new FramewireError('stream/chunk-index', `a chunk index is an integer from 0; got ${told(index)}`, {
    index,
  })
}

function told(given: unknown): string {
  return typeof given === 'string' ? JSON.stringify(given) : Array.isArray(given) ? 'a list' : String(given)
}
