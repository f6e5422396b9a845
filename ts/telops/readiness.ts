import { FramewireError } from '../errors.js'
import { type Clock, sleep } from '../upload/clock.js'
import { sensorTemperature } from './diagnostics.js'
import { DevicePowerState, TDCStatusBit } from './enumerations.js'
import type { RegisterAccess } from './register-access.js'

/** Why a camera is not ready, by the camera's own names. */
export type NotReadyReason = keyof typeof TDCStatusBit

/** A camera that is not ready yet. */
export interface ReadyProgress {
  kind: 'notReady'
  /** What it waits for. */
  reasons: readonly NotReadyReason[]
  /** Whether it gets ready by itself: it cools or starts up. */
  isGettingReady: boolean
  /** Temperature of the sensor in degC; undefined where it has no such sensor. */
  sensorTemperatureC: number | undefined
  waitedMs: number
}

/** How a camera is waited for. */
export interface ReadyOptions {
  /** How long a camera may be not ready without getting anywhere, in ms; default 10,000. */
  stuckTimeoutMs?: number
  /** How long a camera may take that cools or starts up, in ms; default 600,000. */
  coolingTimeoutMs?: number
  /** Called every second while it is not ready; also an event of the camera, `progress`. */
  onProgress?: (progress: ReadyProgress) => void
  signal?: AbortSignal
}

const POLL_MS = 1000
/** What does not pass by itself. */
const LASTING: readonly NotReadyReason[] = [
  'WAITING_FOR_ARM',
  'WAITING_FOR_VALID_PARAMS',
  'ACQUISITION_STARTED',
  'WAITING_FOR_POWER_ON',
]

/**
 * Wait until the camera is ready. Rejects with `telops/not-ready` where it does not get ready, or not in time, and with
 * `stream/aborted`.
 */
export async function waitUntilReady(
  registers: RegisterAccess,
  clock: Clock,
  { stuckTimeoutMs = 10_000, coolingTimeoutMs = 600_000, onProgress, signal }: ReadyOptions = {},
): Promise<void> {
  const began = clock.now()
  let advanced = began
  while (await registers.isSet('DeviceNotReady')) {
    const reasons = notReadyReasons(await registers.read('TDCStatus'))
    const isGettingReady = reasons.some((reason) => !LASTING.includes(reason))
    const now = clock.now()
    if (isGettingReady) advanced = now
    const progress: ReadyProgress = {
      kind: 'notReady',
      reasons,
      isGettingReady,
      sensorTemperatureC: await sensorTemperature(registers, 'sensor'),
      waitedMs: now - began,
    }
    if (now - advanced >= stuckTimeoutMs || now - began >= coolingTimeoutMs) {
      throw await notReadyFault(progress, registers)
    }
    onProgress?.(progress)
    await sleep(clock, POLL_MS, signal)
  }
}

/** The reasons that a value of TDCStatus stands for. */
export function notReadyReasons(bits: number): NotReadyReason[] {
  const reasons = Object.keys(TDCStatusBit) as NotReadyReason[]
  return reasons.filter((reason) => (bits & TDCStatusBit[reason]) !== 0)
}

/** A line of a camera that is not ready. */
export function readyText({ reasons, sensorTemperatureC, waitedMs }: ReadyProgress): string {
  const temperature =
    sensorTemperatureC === undefined ? '' : `, sensor at ${sensorTemperatureC.toFixed(1)} degC`
  return `The camera is not ready (${reasonText(reasons)}${temperature}, ${Math.round(waitedMs / 1000)} s)`
}

function reasonText(reasons: readonly NotReadyReason[]): string {
  return (
    reasons.map((reason) => reason.toLowerCase().replaceAll('_', ' ')).join(', ') || 'it does not say why'
  )
}

async function notReadyFault(progress: ReadyProgress, registers: RegisterAccess) {
  const { reasons, sensorTemperatureC, waitedMs } = progress
  const isOff = (await registers.read('DevicePowerState')) === DevicePowerState.STANDBY
  return new FramewireError('telops/not-ready', `${readyText(progress)}. ${remedy(reasons, isOff)}`, {
    reasons,
    waitedMs,
    ...(sensorTemperatureC !== undefined && { sensorTemperatureC }),
  })
}

function remedy(reasons: readonly NotReadyReason[], isOff: boolean): string {
  if (isOff) return 'It is in standby: call powerOn().'
  if (reasons.includes('WAITING_FOR_VALID_PARAMS')) {
    return 'Its settings do not fit each other: set resolution, integrationTime and frameRate anew.'
  }
  if (reasons.some((reason) => !LASTING.includes(reason))) {
    return 'Wait longer (coolingTimeoutMs); where the temperature does not fall any more, switch the camera off and on.'
  }
  return 'Switch the camera off and on.'
}
