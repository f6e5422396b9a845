import { type ErrorCode, type ErrorDetails, FramewireError } from '../errors.js'

/** An error as it travels between threads: structured clone alone would drop `code`, `details` and `cause`. */
export interface WireError {
  name: string
  message: string
  stack?: string
  code?: string
  details?: unknown
  cause?: WireError
}

/** Take an error (or anything thrown) apart for the way to another thread. */
export function toWire(thrown: unknown): WireError {
  if (!(thrown instanceof Error)) return { name: 'Error', message: String(thrown) }
  const { code, details } = thrown as { code?: unknown; details?: unknown }
  return {
    name: thrown.name,
    message: thrown.message,
    stack: thrown.stack,
    code: typeof code === 'string' ? code : undefined,
    details,
    cause: thrown.cause === undefined ? undefined : toWire(thrown.cause),
  }
}

/** Put an error together again; a framewire error keeps its class, code, details and whole chain of causes. */
export function fromWire(wire: WireError): Error {
  const options = wire.cause === undefined ? undefined : { cause: fromWire(wire.cause) }
  const error =
    wire.name === 'FramewireError'
      ? new FramewireError(
          wire.code as ErrorCode,
          wire.message,
          wire.details as ErrorDetails[ErrorCode],
          options,
        )
      : Object.assign(new Error(wire.message, options), { name: wire.name }, wire.code && { code: wire.code })
  if (wire.stack !== undefined) error.stack = wire.stack
  return error
}
