/** A piece of JSON that is already written. */
export class JsonText {
  constructor(readonly text: string) {}
}

/** What {@link writeJson} writes. Members that are `undefined` are left out; a `Map` keeps its order of keys. */
export type Json =
  | null
  | boolean
  | number
  | string
  | JsonText
  | readonly Json[]
  | ReadonlyMap<string, Json>
  | { readonly [name: string]: Json | undefined }

/**
 * JSON as the service's own client writes it: no blanks, members in the order given. Numbers are written as
 * integers where they are whole; what is a float by nature goes through {@link float}.
 */
export function writeJson(value: Json): string {
  if (value instanceof JsonText) return value.text
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(writeJson).join()}]`
  // An object would move keys that look like integers to the front.
  const members = value instanceof Map ? [...value] : Object.entries(value)
  return `{${members
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `${JSON.stringify(name)}:${writeJson(member as Json)}`)
    .join()}}`
}

/** A float: always with a point or an exponent (`15.0`, `1e-9`); NaN and infinities are `null`. */
export function float(value: number): JsonText {
  return new JsonText(floatText(value))
}

/** A list of floats. */
export function floats(values: ArrayLike<number>): JsonText {
  return new JsonText(`[${Array.from(values, floatText).join()}]`)
}

/** How {@link float} writes; for places where a float travels as a string (`"120.0"`). */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) return 'null'
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-5 || size >= 1e16)) return value.toExponential().replace('+', '')
  const text = Object.is(value, -0) ? '-0' : String(value)
  return text.includes('.') ? text : `${text}.0`
}
