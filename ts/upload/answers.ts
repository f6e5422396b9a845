import { FramewireError } from '../errors.js'
import { type HttpAnswer, presentable } from './http.js'

/** A request as an error about its answer names it. */
export interface Asked {
  method: string
  url: string
}

/** An answer that is not what the API says. */
export function wrongAnswer({ method, url }: Asked, reason: string): FramewireError<'upload/answer'> {
  const shown = presentable(url)
  return new FramewireError(
    'upload/answer',
    `the answer to ${method} ${shown} ${reason}. Is the endpoint an ingest API?`,
    { method, url: shown, reason },
  )
}

/**
 * Whether this is a page of something on the way (a log-in, a proxy), which has stored nothing, whatever its status. An
 * empty one is none: there are object stores that call their empty acknowledgement HTML.
 */
export function isPage({ headers, text }: HttpAnswer): boolean {
  return /^text\/html\b/i.test(headers['content-type'] ?? '') && text.trim() !== ''
}

/** The JSON of an answer's text. Throws `upload/answer`. */
export function json(asked: Asked, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw wrongAnswer(asked, 'is not JSON')
  }
}

/** The first of these members of a JSON object that is a string with content. Throws `upload/answer`. */
export function stringMember(asked: Asked, value: unknown, ...names: string[]): string {
  const members = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  for (const name of names) {
    const member = members[name]
    if (typeof member === 'string' && member !== '') return member
  }
  throw wrongAnswer(asked, `has no ${names.map((name) => `"${name}"`).join(' or ')}`)
}

/** A sample or a tag as the service lists it. */
export interface Named {
  id: string
  name?: string
}

/** A list of `{ id, name }`. Throws `upload/answer`. */
export function namedList(asked: Asked, text: string): Named[] {
  const list = json(asked, text)
  if (!Array.isArray(list)) throw wrongAnswer(asked, 'is not a list')
  return list.map((entry: unknown) => {
    const { name } = (entry ?? {}) as { name?: unknown }
    return { id: stringMember(asked, entry, 'id'), name: typeof name === 'string' ? name : undefined }
  })
}
