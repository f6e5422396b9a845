import { FramewireError } from '../errors.js'
import type { Access } from './feature.js'

/** The description cannot be read; `reason` says why. */
export function descriptionError(
  source: string,
  reason: string,
  cause?: unknown,
): FramewireError<'genicam/description'> {
  return new FramewireError(
    'genicam/description',
    `The description of ${source} cannot be used: ${reason}. Ask its vendor for a newer one and give it as xml, or use registers.`,
    { source, reason },
    { cause },
  )
}

/** A value that the feature does not take. */
export function valueError(
  feature: string,
  given: unknown,
  expected: string,
  why?: string,
): FramewireError<'genicam/value'> {
  return new FramewireError(
    'genicam/value',
    `${feature} does not take ${shown(given)}${why ? `: ${why}` : ''}. Give ${expected}.`,
    { feature, given, expected },
  )
}

/** A feature that cannot be read, or written. */
export function accessError(
  feature: string,
  access: Access,
  wanted: 'read' | 'write',
  why: string,
  cause?: unknown,
): FramewireError<'genicam/access'> {
  const what = wanted === 'read' ? 'read' : 'written'
  return new FramewireError(
    'genicam/access',
    `${feature} cannot be ${what}: ${why}.`,
    { feature, access, wanted },
    { cause },
  )
}

/** A name that the camera does not know. */
export function unknownError(feature: string, names: Iterable<string>): FramewireError<'genicam/unknown'> {
  const similar = similarNames(feature, names)
  const hint = similar.length > 0 ? `Is it ${similar.join(' or ')}?` : 'features.list() names all.'
  return new FramewireError('genicam/unknown', `The camera has no feature ${feature}. ${hint}`, {
    feature,
    similar,
  })
}

/** At most three names that may have been meant, the nearest first. */
function similarNames(name: string, names: Iterable<string>): string[] {
  const wanted = name.toLowerCase()
  const far = Math.max(2, Math.ceil(name.length / 4))
  return Array.from(names, (candidate) => {
    const other = candidate.toLowerCase()
    const isPart = wanted.length > 2 && other.includes(wanted)
    return { candidate, distance: isPart ? far : distance(wanted.slice(0, 64), other.slice(0, 64)) }
  })
    .filter(({ distance }) => distance <= far)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate)
}

/** How many letters have to be put in, taken out or changed. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, k) => k)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let k = 1; k <= b.length; k++) {
      const changed = row[k - 1]! + (a[i - 1] === b[k - 1] ? 0 : 1)
      next.push(Math.min(changed, row[k]! + 1, next[k - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (value instanceof Uint8Array) return `${value.length} bytes`
  return String(value)
}
