import { type ErrorCode, isFramewireError } from '../errors.js'

/** What the body of an answer that is no success carries. */
export interface RefusalBody {
  /** What was wrong and what to do about it. */
  detail: string
  /** For programs: an error code of framewire, or the reason of a refusal. */
  code: string
  /** The field, parameter or header that was wrong. */
  field?: string
  /** The frame of the shard that was wrong. */
  frame?: number
}

/** A request that is answered with a status of its own. */
export class Refusal extends Error {
  readonly status: number
  readonly body: RefusalBody

  constructor(status: number, code: string, detail: string, field?: string) {
    super(detail)
    this.status = status
    this.body = { detail, code, field }
  }
}

/** The codes of the library that are the sender's doing; all others are the server's. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  'frames/too-many': 422,
  'frames/size-changed': 409,
  'stream/option': 409,
  'shard/truncated': 422,
  'shard/index-crc': 422,
  'shard/index-entry': 422,
  'shard/frame': 422,
  'shard/frame-size': 422,
  'shard/frame-absent': 422,
  'server/times': 409,
  'server/full': 507,
}

/** How an error is answered. */
export function answerTo(error: unknown): { status: number; body: RefusalBody } {
  if (error instanceof Refusal) return error
  if (isFramewireError(error)) {
    const { frame } = error.details as { frame?: number }
    return { status: STATUS[error.code] ?? 500, body: { detail: error.message, code: error.code, frame } }
  }
  // What the HTTP framework refuses by itself: bodies that are no JSON, too long, of another type.
  const { statusCode, code, message } = error as { statusCode?: number; code?: string; message?: string }
  if (statusCode !== undefined && statusCode < 500) {
    return { status: statusCode, body: { detail: String(message), code: code ?? 'request/refused' } }
  }
  return { status: 500, body: { detail: 'The server failed; its log says more.', code: 'server/internal' } }
}
