import type { FeatureDetails, FeatureType, FeatureValue } from '../gige.js'

/** A feature's value as the command line shows it: registers in hex. */
export function valueText(value: FeatureValue): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value)
}

/** A feature's value as JSON can hold it: registers as text. */
export function valueJson(value: FeatureValue): Exclude<FeatureValue, Uint8Array> {
  return value instanceof Uint8Array ? valueText(value) : value
}

/** What the command line says, as a value of the feature's type; as text where it is none, for the camera to refuse. */
export function featureValue(text: string, type: FeatureType): FeatureValue {
  switch (type) {
    case 'integer': {
      if (!/^(-?\d+|0x[\da-f]+)$/i.test(text)) return text
      const value = Number(text)
      return Number.isSafeInteger(value) ? value : BigInt(text)
    }
    case 'float':
      return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)
    case 'boolean':
      return /^(true|1|on)$/i.test(text) || (/^(false|0|off)$/i.test(text) ? false : text)
    case 'register':
      return /^([\da-f]{2})*$/i.test(text) ? new Uint8Array(Buffer.from(text, 'hex')) : text
    default:
      return text
  }
}

/** What a feature takes: `1 to 2048 in steps of 4`, `Mono8, Mono12`; empty where all of its type. */
export function limitsText({ min, max, inc, entries }: FeatureDetails): string {
  if (entries) return entries.flatMap(({ name, available }) => (available ? [name] : [])).join(', ')
  if (min === undefined || max === undefined) return ''
  return `${min} to ${max}${inc === undefined || Number(inc) === 1 ? '' : ` in steps of ${inc}`}`
}
