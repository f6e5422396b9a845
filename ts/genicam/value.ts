import type { FeatureType, FeatureValue } from './feature.js'
import type { FeatureState, TypedValue } from './nodes.js'

const MIN_INTEGER = -(2n ** 63n)
const MAX_INTEGER = 2n ** 63n - 1n

/** The types of features that have a value. */
export type ValueType = TypedValue['type']

export function hasValue(type: FeatureType): type is ValueType {
  return type !== 'command' && type !== 'category'
}

/** What the caller gave as a value of the feature's type; undefined where it is none. */
export function typedValue(type: ValueType, given: unknown): TypedValue | undefined {
  switch (type) {
    case 'integer': {
      if (typeof given !== 'bigint' && !Number.isInteger(given)) return undefined
      const value = BigInt(given as number | bigint)
      return value < MIN_INTEGER || value > MAX_INTEGER ? undefined : { type, value }
    }
    case 'float':
      return typeof given === 'number' && Number.isFinite(given) ? { type, value: given } : undefined
    case 'boolean':
      return typeof given === 'boolean' ? { type, value: given } : undefined
    case 'register':
      return given instanceof Uint8Array ? { type, value: given } : undefined
    default:
      return typeof given === 'string' ? { type, value: given } : undefined
  }
}

/** A value as the caller gets it. */
export function plainValue({ value }: TypedValue): FeatureValue {
  return typeof value === 'bigint' ? plainNumber(value) : value
}

export function plainNumber(value: number | bigint): number | bigint {
  const number = Number(value)
  return typeof value === 'number' || Number.isSafeInteger(number) ? number : value
}

/** What a feature takes now, in words. */
export function expectedOf(type: ValueType, state: FeatureState): string {
  const { min, max, inc, entries, maxBytes } = state
  switch (type) {
    case 'integer':
    case 'float': {
      const what = type === 'integer' ? 'a whole number' : 'a number'
      const from = min === undefined ? '' : ` from ${min}`
      const to = max === undefined ? '' : ` to ${max}`
      return `${what}${from}${to}${inc === undefined || Number(inc) === 1 ? '' : ` in steps of ${inc}`}`
    }
    case 'boolean':
      return 'true or false'
    case 'enumeration': {
      const names = (entries ?? []).filter(({ available }) => available).map(({ name }) => name)
      return names.length > 0 ? `one of ${names.join(', ')}` : 'nothing: no entry is available now'
    }
    case 'string':
      return maxBytes === undefined ? 'a string' : `a string of at most ${maxBytes} bytes of UTF-8`
    case 'register':
      return maxBytes === undefined ? 'a Uint8Array' : `a Uint8Array of ${maxBytes} bytes`
  }
}
