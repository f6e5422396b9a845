import { FramewireError, hasCode } from '../errors.js'
import { type Asked, isPage, wrongAnswer } from './answers.js'
import { backoffMs } from './backoff.js'
import { type Clock, sleep, systemClock } from './clock.js'
import { faultOf, retryAfterMs } from './fault.js'
import { fetchTransport } from './fetch.js'
import { type HttpAnswer, type HttpTransport, presentable } from './http.js'

const DEFAULT_ENDPOINT = 'https://api.atomscale.ai/'
const RETRY_MS = 30_000
const LONGEST_WAIT_MS = 5_000
/** How much of an answer's text an error keeps. */
const SHOWN_TEXT = 500

/** The API key, or where to get it: a function is asked once, and again whenever the service refuses its answer. */
export type ApiKey = string | (() => string | Promise<string>)

export interface ApiOptions {
  apiKey: ApiKey
  /** Root of the API. Default: `AS_API_ENDPOINT` of the environment, else the production service. */
  endpoint?: string
  /** Default: the platform's `fetch`. */
  transport?: HttpTransport
  /** How long a request outside of the upload plan (creating, linking, ending a stream) is tried, in ms. Default 30,000. */
  retryMs?: number
  /** Told before a request is tried again after `waitMs`. */
  onRetry?: (error: FramewireError, waitMs: number) => void
  clock?: Clock
  /** 0 .. 1, for jitter. */
  random?: () => number
}

/** One request to the API: a path under the root, a JSON body where there is one. */
export interface ApiCall {
  method: 'GET' | 'POST' | 'PUT'
  /** With its leading slash; parts from outside are encoded by the caller. */
  path: string
  body?: string
  headers?: Readonly<Record<string, string>>
  signal?: AbortSignal
}

/** Requests to one ingest API with one key: endpoint rule, authentication, errors, retries. */
export class IngestApi {
  /** Root of the API, without a trailing slash. */
  readonly root: string
  readonly transport: HttpTransport
  readonly clock: Clock
  readonly random: () => number
  readonly #key: ApiKey
  readonly #retryMs: number
  readonly #onRetry: ApiOptions['onRetry']
  #held: Promise<string> | undefined
  #asking: Promise<void> | undefined
  /** How many keys there were. */
  #keys = 0
  #ours = false

  /** Throws `stream/option` for an endpoint that is not an http(s) URL and for a key that cannot be one. */
  constructor(options: ApiOptions) {
    this.root = endpointRoot(options.endpoint)
    this.transport = options.transport ?? fetchTransport
    this.clock = options.clock ?? systemClock
    this.random = options.random ?? Math.random
    this.#retryMs = options.retryMs ?? RETRY_MS
    this.#onRetry = options.onRetry
    if (typeof options.apiKey === 'function') {
      this.#key = options.apiKey
    } else {
      this.#key = checkedKey(options.apiKey)
      this.#held = Promise.resolve(this.#key)
    }
  }

  /** Whether an answer has shown that the server is framewire's own, which keeps more promises than the API does. */
  get ours(): boolean {
    return this.#ours
  }

  /**
   * One request, tried once. Throws `upload/unreachable`, `upload/unauthorized` (401, 403), `upload/rejected` (any
   * other status but 2xx), `stream/aborted`.
   */
  async send(call: ApiCall): Promise<HttpAnswer> {
    const { method, body, signal } = call
    const asked = this.asked(call)
    const headers: Record<string, string> = { 'x-api-key': await this.#currentKey(asked), ...call.headers }
    if (body !== undefined) headers['content-type'] = 'application/json'
    const answer = await this.transport({ method, url: asked.url, headers, body, signal })
    if (answer.headers['x-framewire'] === '1') this.#ours = true
    if (answer.status >= 200 && answer.status < 300) {
      if (isPage(answer)) throw wrongAnswer(asked, 'is a web page')
      return answer
    }
    throw this.#refusal(asked, answer, headers['x-api-key']!)
  }

  /** How errors name a request. */
  asked(call: ApiCall): Asked {
    return { method: call.method, url: this.root + call.path }
  }

  /**
   * Ask for the key again, where it is a function. Requests of the same moment share one question. Throws what the
   * function throws, and `stream/option` for what cannot be a key.
   */
  renewKey(): Promise<void> {
    const key = this.#key
    if (typeof key === 'string') return Promise.resolve()
    this.#asking ??= (async () => {
      try {
        const fresh = checkedKey(await key())
        this.#held = Promise.resolve(fresh)
        this.#keys++
      } finally {
        this.#asking = undefined
      }
    })()
    return this.#asking
  }

  /**
   * Try until it succeeds, for the retry time at most: exponential with jitter, `Retry-After` honoured, a refused key
   * renewed once. Throws the last error.
   * @param mayRepeat whether trying again after this error is safe; default: the fault is one that passes
   */
  async retry<T>(
    call: (attempt: number) => Promise<T>,
    options: { signal?: AbortSignal; mayRepeat?: (error: unknown) => boolean } = {},
  ): Promise<T> {
    const { signal, mayRepeat = passes } = options
    const deadline = this.clock.now() + this.#retryMs
    let renewed = false
    for (let attempt = 0; ; attempt++) {
      const keys = this.#keys
      try {
        return await call(attempt)
      } catch (error) {
        if (hasCode(error, 'upload/unauthorized') && typeof this.#key === 'function' && !renewed) {
          renewed = true
          // Another request may have asked while this one was on its way.
          if (keys === this.#keys) {
            await this.renewKey().catch((cause: unknown) => {
              throw noKey(error.details, cause)
            })
          }
          continue
        }
        if (!mayRepeat(error)) throw error
        const fault = faultOf(error)
        const asked = fault.kind === 'transient' ? (fault.retryAfterMs ?? 0) : 0
        const waitMs = Math.max(asked, backoffMs(attempt + 1, this.random(), LONGEST_WAIT_MS))
        if (this.clock.now() + waitMs > deadline) throw error
        this.#onRetry?.(error as FramewireError, waitMs)
        await sleep(this.clock, waitMs, signal)
      }
    }
  }

  async #currentKey({ method, url }: Asked): Promise<string> {
    const key = this.#key
    this.#held ??= (async () => checkedKey(await (key as () => string | Promise<string>)()))()
    const held = this.#held
    try {
      return await held
    } catch (cause) {
      if (this.#held === held) this.#held = undefined
      throw noKey({ method, url: presentable(url), status: 0 }, cause)
    }
  }

  #refusal({ method, url }: Asked, answer: HttpAnswer, key: string): FramewireError {
    const { status } = answer
    const shown = presentable(url)
    if (status === 401 || status === 403) {
      return new FramewireError(
        'upload/unauthorized',
        `the service refused the API key (${status} to ${method} ${shown}). Check the key and what it may do.`,
        { method, url: shown, status },
      )
    }
    return rejected(
      { method, url },
      answer,
      answer.text.replaceAll(key, '***').slice(0, SHOWN_TEXT),
      this.clock.wall(),
    )
  }
}

/** The error for a status that is no success. `body` is what of the answer may be shown. */
export function rejected(
  { method, url }: Asked,
  answer: HttpAnswer,
  body: string,
  wallMs: number,
): FramewireError<'upload/rejected'> {
  const shown = presentable(url)
  return new FramewireError(
    'upload/rejected',
    `the service answered ${answer.status} to ${method} ${shown}${body && `: ${body}`}`,
    { method, url: shown, status: answer.status, body, retryAfterMs: retryAfterMs(answer, wallMs) },
  )
}

function noKey(
  details: { method: string; url: string; status: number },
  cause: unknown,
): FramewireError<'upload/unauthorized'> {
  return new FramewireError(
    'upload/unauthorized',
    'the apiKey function gave no usable key; the cause says why',
    details,
    { cause },
  )
}

function passes(error: unknown): boolean {
  return faultOf(error).kind === 'transient' && !hasCode(error, 'upload/answer')
}

function endpointRoot(explicit: string | undefined): string {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
  const given = [explicit, process?.env?.AS_API_ENDPOINT].find((endpoint) => endpoint?.trim())
  const root = (given ?? DEFAULT_ENDPOINT).trim().replace(/\/+$/, '')
  let url: URL | undefined
  try {
    url = new URL(root)
  } catch {}
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username || url.password) {
    const expected = 'an http(s) URL such as https://api.atomscale.ai/, without user, query and fragment'
    throw new FramewireError('stream/option', `endpoint must be ${expected}`, {
      option: 'endpoint',
      given: presentable(root),
      expected,
    })
  }
  return root
}

function checkedKey(key: unknown): string {
  const trimmed = typeof key === 'string' ? key.trim() : ''
  if (/^[\x21-\x7e]+$/.test(trimmed)) return trimmed
  const expected = 'a string of visible ASCII characters, or a function that answers one'
  const given = key === undefined || trimmed === '' ? 'nothing' : 'something else'
  throw new FramewireError('stream/option', `apiKey must be ${expected}; got ${given}`, {
    option: 'apiKey',
    given,
    expected,
  })
}
