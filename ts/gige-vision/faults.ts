import { FramewireError } from '../errors.js'

/** Run a call of the WebAssembly module; what it refuses becomes a `gige/packet`. */
export function packets<T>(call: () => T): T {
  try {
    return call()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    if (cause instanceof WebAssembly.RuntimeError) {
      throw new FramewireError(
        'core/internal',
        `GigE Vision's WebAssembly module failed: ${reason}. Start a new worker; if it happens again, report it.`,
        { reason },
        { cause },
      )
    }
    throw new FramewireError(
      'gige/packet',
      `That is no packet of GigE Vision: ${reason}.`,
      { reason },
      { cause },
    )
  }
}
