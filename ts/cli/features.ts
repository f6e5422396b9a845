import type { FeatureDetails, Features, FeatureValue, Visibility } from '../gige.js'
import { type CameraOptions, withCamera } from './camera.js'
import { featureValue, limitsText, valueJson, valueText } from './feature-text.js'
import { type Outcome, usage } from './outcome.js'
import type { Output } from './output.js'
import { columns } from './table.js'

/** What the command line says of a list of features. */
export interface ListOptions extends CameraOptions {
  visibility?: Visibility
}

/** `framewire features list [CATEGORY]`: every feature with a value, what it is now and what it takes. */
export function list(
  category: string | undefined,
  { visibility, ...options }: ListOptions,
  output: Output,
): Promise<Outcome> {
  return withCamera(options, output, async (camera) => {
    output.live('Reading the features ...')
    const features = await camera.features()
    const listed: ValuedFeature[] = []
    for (const { name, type, available } of await features.list({ category, visibility })) {
      if (available && type !== 'category') listed.push(await valued(features, name))
    }
    return {
      exitCode: 0,
      value: { features: listed.map(json) },
      text: listText(listed),
    }
  })
}

/** `framewire features get NAME...`: values alone where one is asked for, `NAME=VALUE` where several are. */
export function get(names: readonly string[], options: CameraOptions, output: Output): Promise<Outcome> {
  return withCamera(options, output, async (camera) => {
    const features = await camera.features()
    const values: (ValuedFeature & { value: FeatureValue })[] = []
    for (const name of names) {
      values.push({ ...(await features.info(name)), value: await features.get(name) })
    }
    return {
      exitCode: 0,
      value: { features: values.map(json) },
      text: values
        .map(({ name, value }) => (names.length > 1 ? `${name}=` : '') + valueText(value))
        .join('\n'),
    }
  })
}

/** `framewire features set NAME=VALUE...`, in that order; answers what the camera made of it. */
export function set(
  assignments: readonly string[],
  options: CameraOptions,
  output: Output,
): Promise<Outcome> {
  const parsed = assignments.map(assignment)
  return withCamera(options, output, async (camera) => {
    const values = await assign(await camera.features(), parsed)
    return {
      exitCode: 0,
      value: { features: values.map(({ name, value }) => ({ name, value: valueJson(value) })) },
      text: values.map(({ name, value }) => `${name}=${valueText(value)}`).join('\n'),
    }
  })
}

/** A feature and what it is to be. */
export interface Assignment {
  name: string
  text: string
}

/** `NAME=VALUE`; throws a usage error. */
export function assignment(text: string): Assignment {
  const at = text.indexOf('=')
  if (at < 1) throw usage(`a feature is set by NAME=VALUE; ${text} is not that.`)
  return { name: text.slice(0, at), text: text.slice(at + 1) }
}

/** Set features one after another; their values as the camera has them then. Throws as `Features.set`. */
export async function assign(
  features: Features,
  assignments: readonly Assignment[],
): Promise<{ name: string; value: FeatureValue }[]> {
  const values: { name: string; value: FeatureValue }[] = []
  for (const { name, text } of assignments) {
    const { type } = await features.info(name)
    values.push({ name, value: await features.set(name, featureValue(text, type)) })
  }
  return values
}

type ValuedFeature = FeatureDetails & { value?: FeatureValue }

/** What a feature is; its value where it can be read. */
async function valued(features: Features, name: string): Promise<ValuedFeature> {
  const details = await features.info(name)
  const isReadable = details.type !== 'command' && /^R/.test(details.access)
  return isReadable ? { ...details, value: await features.get(name) } : details
}

function json({ value, ...feature }: ValuedFeature): object {
  return { ...feature, ...(value !== undefined && { value: valueJson(value) }) }
}

/** A block for each category. */
function listText(features: readonly ValuedFeature[]): string {
  const rows = columns(
    features.map(({ value, unit, ...feature }) => [
      `  ${feature.name}`,
      value === undefined ? `(${feature.type})` : [valueText(value), unit].filter(Boolean).join(' '),
      feature.access === 'RO' ? 'read only' : limitsText(feature),
    ]),
  ).split('\n')
  let last: string | undefined
  return features
    .flatMap(({ category }, i) => {
      if (category === last) return [rows[i]!]
      const isFirst = last === undefined
      last = category
      return [...(isFirst ? [] : ['']), category ?? 'Other', rows[i]!]
    })
    .join('\n')
}
