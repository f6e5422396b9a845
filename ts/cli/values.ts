import { InvalidArgumentError } from 'commander'
import { isFramewireError } from '../errors.js'
import { parseScale, type Scale } from '../frames/conversion.js'

/** A number, as commander wants its parsers: throws `InvalidArgumentError`. */
export function number(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.')
  return value
}

/** A time, in seconds. */
export function seconds(text: string): number {
  const value = number(text)
  if (value < 0) throw new InvalidArgumentError('Expected seconds, 0 or more.')
  return value
}

/** A whole number, not negative. */
export function count(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Expected a whole number.')
  return number(text)
}

/** A whole number above 0. */
export function positive(text: string): number {
  const value = count(text)
  if (value === 0) throw new InvalidArgumentError('Expected a whole number above 0.')
  return value
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
}

/** A number of bytes: `800000000`, `800MB`, `1.5GiB`. */
export function bytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text)
  const unit = UNITS[match?.[2]?.toUpperCase() ?? '?']
  if (!match || !unit) throw new InvalidArgumentError('Expected bytes, such as 800MB or 1.5GiB.')
  return Math.floor(Number(match[1]) * unit)
}

/** An id; what a script left empty means no stream, not all of them. */
export function id(text: string): string {
  if (text === '') throw new InvalidArgumentError('Expected the id of a stream.')
  return text
}

/** Pixels of an image: `640x480`. */
export function size(text: string): [width: number, height: number] {
  const match = /^(\d+)x(\d+)$/.exec(text)
  if (!match) throw new InvalidArgumentError('Expected width and height such as 640x480.')
  return [Number(match[1]), Number(match[2])]
}

/** Axes of an array: `1038,1388`. */
export function shape(text: string): number[] {
  if (!/^\d+(,\d+)+$/.test(text)) throw new InvalidArgumentError('Expected axes such as 1038,1388.')
  return text.split(',').map(Number)
}

/** A range of 16-bit data: `0:4095`, `full`, `max`, `measured`. */
export function scale(text: string): Scale {
  try {
    return parseScale(text)
  } catch (error) {
    throw isFramewireError(error) ? new InvalidArgumentError(error.message) : error
  }
}

/** An option that may be repeated: the values so far and one more. */
export function repeated(text: string, before: readonly string[] = []): string[] {
  return [...before, text]
}
