import { hasCode } from '../errors.js'

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
export const CAMERA_OPTIONS: Readonly<Record<string, string>> = {
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
export const TELOPS_OPTIONS: Readonly<Record<string, string>> = {
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

/** The option to change or to give, where an error is a matter of one. */
export function mendingOption(error: unknown): string | undefined {
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
