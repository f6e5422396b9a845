import { inspect } from 'node:util'
import { InvalidArgumentError } from 'commander'
import { hasCode, isFramewireError } from '../errors.js'
import type { InterruptedCode } from './interrupt.js'
import type { Output } from './output.js'

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

/** The option behind each name that the library's errors use. */
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

/** The same of a camera's. */
const CAMERA_OPTIONS: Readonly<Record<string, string>> = {
  addresses: '--address',
  interfaces: '--interface',
  netmask: '--netmask',
  gateway: '--gateway',
  packetSize: '--packet-size',
}

/** The same of a simulated camera's; the others are its faults. */
const SIMULATOR_OPTIONS: Record<string, string> = {
  address: '--ip',
  device: '--device',
  serial: '--serial',
  userName: '--name',
  model: '--model',
  fps: '--fps',
  width: '--size',
  height: '--size',
  pixelFormat: '--pixel-format',
  source: '--source',
  bandwidthMBps: '--bandwidth',
  seed: '--seed',
  strangerAddress: '--stranger',
  firstBlockId: '--first-id',
  'faults.loss': '--loss',
}

/** The same of a Telops camera's. */
const TELOPS_OPTIONS: Readonly<Record<string, string>> = {
  integrationTimeUs: '--integration-time',
  frameRateHz: '--frame-rate',
  nSequences: '--sequences',
  framesPerSequence: '--frames',
  'frames in durationSeconds': '--duration',
  durationSeconds: '--duration',
  preMoi: '--pre-moi',
  waitFor: '--wait',
  first: '--first',
  count: '--count',
  bitrateMbps: '--bitrate',
  packetSize: '--packet-size',
  retries: '--retries',
  maxDroppedFrames: '--max-dropped',
  blackbodyTemperatureC: '--blackbody-temp',
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
  const line = error.message.replaceAll(/\s*\n\s*/g, ' ') + (option ? ` (option ${option})` : '')
  // The system's own messages begin with their code.
  const message = line.startsWith(`${code}: `) ? line.slice(code.length + 2) : line
  if (error instanceof InvalidArgumentError) return { code: 'usage', message }
  if (!isFramewireError(error)) return { code, message }
  // The receipt stands in the result itself.
  const { receipt: _, ...figures } = details ?? {}
  return { code, message, details: figures }
}

/** The option to change or to give, where an error is a matter of one. */
function mendingOption(error: unknown): string | undefined {
  if (hasCode(error, 'frames/scale-required')) return '--scale'
  if (hasCode(error, 'frames/gray-required')) return '--gray'
  if (hasCode(error, 'frames/conversion')) return '--scale'
  if (hasCode(error, 'stream/option') || hasCode(error, 'server/option')) return OPTIONS[error.details.option]
  if (hasCode(error, 'gige/option')) return CAMERA_OPTIONS[error.details.option]
  if (hasCode(error, 'telops/option')) return TELOPS_OPTIONS[error.details.option]
  if (hasCode(error, 'telops/no-sequence')) return '--sequence'
  if (hasCode(error, 'simulator/option')) return SIMULATOR_OPTIONS[error.details.option] ?? '--fault'
  return undefined
}
