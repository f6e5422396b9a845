import { inspect } from 'node:util'
import { hasCode, isFramewireError } from '../errors.js'
import type { Output } from './output.js'

/** 0 done, 1 failed, 2 usage, 130 interrupted after a clean end. */
export type ExitCode = 0 | 1 | 2 | 130

/** How a command ended. */
export interface Outcome {
  exitCode: ExitCode
  /** What a program wants to know of it; `ok` and `error` are added. */
  value: object
  /** The same for a person. */
  text: string
  /** Why it failed, if it did. */
  error?: unknown
}

/** The options behind the names that errors of the library use. */
const OPTIONS: Readonly<Record<string, string>> = {
  fps: '--fps',
  rotationsPerMin: '--rpm',
  chunkSize: '--chunk-size',
  streamName: '--name',
  physicalSample: '--sample',
  projectId: '--project-id',
  tags: '--tag',
  azimuth: '--azimuth',
  endpoint: '--endpoint',
  apiKey: '--api-key',
  maxWorkers: '--max-workers',
  memoryBudgetBytes: '--memory-budget',
  drainTimeoutMs: '--drain-timeout',
  host: '--host',
  port: '--port',
  store: '--store',
}

/** The option that mends an error, where one does: such an error is a matter of usage. */
function mendingOption(error: unknown): string | undefined {
  if (hasCode(error, 'frames/scale-required')) return '--scale'
  if (hasCode(error, 'frames/gray-required')) return '--gray'
  if (hasCode(error, 'frames/conversion')) return '--scale or --gray'
  if (hasCode(error, 'stream/option') || hasCode(error, 'server/option')) return OPTIONS[error.details.option]
  return undefined
}

/** An error as the exit code, and as `--json` and the last line on stderr show it. */
export function failure(error: unknown): {
  exitCode: ExitCode
  shown: { code: string; message: string; details?: object }
} {
  if (!(error instanceof Error)) return { exitCode: 1, shown: { code: 'unknown', message: String(error) } }
  const option = mendingOption(error)
  const { code = error.name } = error as { code?: string }
  const message = error.message.replaceAll(/\s*\n\s*/g, ' ') + (option ? ` (option ${option})` : '')
  // Receipts stand in the result itself.
  const { receipt: _, ...details } = (isFramewireError(error) ? error.details : {}) as { receipt?: unknown }
  return { exitCode: option ? 2 : 1, shown: { code, message, ...(isFramewireError(error) && { details }) } }
}

/** Print how a command ended; answers the exit code. */
export function report({ exitCode, value, text, error }: Outcome, output: Output): ExitCode {
  output.live('')
  if (error === undefined) {
    output.result({ ok: exitCode === 0, ...value }, text)
    return exitCode
  }
  const { shown } = failure(error)
  output.result({ ok: false, ...value, error: shown }, text)
  output.problem(`framewire: ${shown.code}: ${shown.message}`)
  if (output.verbose) output.problem(inspect(error, { depth: 6 }))
  return exitCode
}
