import { inspect } from 'node:util'
import { InvalidArgumentError } from 'commander'
import { hasCode, isFramewireError } from '../errors.js'
import type { InterruptedCode } from './interrupt.js'
import { mendingOption } from './option-names.js'
import type { Output } from './output.js'
import { worded } from './wording.js'

/** 0 done, 1 failed, 2 usage, an {@link InterruptedCode} after a clean end. */
export type ExitCode = 0 | 1 | 2 | InterruptedCode

/** How a command ended. */
export interface Outcome {
  exitCode: ExitCode
  /** The result as a program wants it; `ok`, and `error` where there is one, are put beside. */
  value?: object
  /** The same for a person. Without either, the command has said its result already. */
  text?: string
  /** Why it failed. */
  error?: unknown
}

/** The error for a command line that cannot be meant. */
export function usage(message: string): Error {
  return new InvalidArgumentError(message)
}

/** The outcome of a command that ended with an error; `value` and `text` tell what came about before it. */
export function failed(error: unknown, value: object = {}, text = ''): Outcome & { value: object } {
  // An option that could not be served for a reason outside of the command line, a port in use, is a failure.
  const isUsage =
    error instanceof InvalidArgumentError ||
    (mendingOption(error) !== undefined && !(hasCode(error, 'server/option') && error.cause))
  return { exitCode: isUsage ? 2 : 1, value, text, error }
}

/** The outcome of a command that tells what came about until it was done, failed with `error`, or was interrupted. */
export function ended(
  error: unknown,
  value: object,
  text: string,
  interrupted: InterruptedCode | false,
): Outcome {
  if (interrupted !== false) return { exitCode: interrupted, value: { ...value, interrupted: true }, text }
  return error ? failed(error, value, text) : { exitCode: 0, value, text }
}

/** Print how a command ended; answers its exit code. */
export function report({ exitCode, value, text, error }: Outcome, output: Output): ExitCode {
  output.live('')
  const shown = error === undefined ? undefined : presentable(error)
  if (value) output.result({ ok: exitCode === 0, ...value, error: shown }, text ?? '')
  if (shown) {
    output.problem(`framewire: ${shown.code}: ${shown.message}`)
    if (output.verbose) output.problem(inspect(error, { depth: 6 }))
  }
  return exitCode
}

/** An error as the last line on stderr and as `--json` show it. */
export function presentable(error: unknown): { code: string; message: string; details?: object } {
  if (!(error instanceof Error)) return { code: 'unknown', message: String(error) }
  const { code = error.name, details } = error as { code?: string; details?: { receipt?: unknown } }
  const option = mendingOption(error)
  const said = ((isFramewireError(error) && worded(error)) || error.message).replaceAll(/\s*\n\s*/g, ' ')
  const line = option && !said.includes(option) ? `${said} (option ${option})` : said
  // The system's own messages begin with their code.
  const message = line.startsWith(`${code}: `) ? line.slice(code.length + 2) : line
  if (error instanceof InvalidArgumentError) return { code: 'usage', message }
  if (!isFramewireError(error)) return { code, message }
  // The receipt stands in the result itself.
  const { receipt: _, ...figures } = details ?? {}
  return { code, message, details: figures }
}
