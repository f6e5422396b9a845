import {
  type LockProgress,
  openTelops,
  type ReadyProgress,
  readyText,
  type TelopsCamera,
} from '../../telops.js'
import { type InterruptedCode, interruptible } from '../interrupt.js'
import type { Outcome } from '../outcome.js'
import type { Output } from '../output.js'

/** Which camera a command is about, and the way to it. */
export interface TelopsOptions {
  /** IP address, serial number or name; default the first that answers. */
  ip?: string
  /** Address of this host at the interface that leads to it. */
  localIp?: string
}

/** How often it is told what is waited for, where nobody watches; progress comes every second. */
const TOLD_EVERY = 10

/** Open the camera for as long as `work` takes. Throws as `openTelops`, and what `work` throws. */
async function withTelops<T>(
  { ip, localIp }: TelopsOptions,
  output: Output,
  work: (camera: TelopsCamera) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  let waits = 0
  const onProgress = (progress: LockProgress | ReadyProgress) => {
    const text = progress.kind === 'locked' ? lockedText(progress) : readyText(progress)
    if (output.isTerminal) output.live(text)
    else if (waits++ % TOLD_EVERY === 0) output.note(text)
  }
  output.live(`Opening ${ip === undefined ? 'the first Telops camera that answers' : `the camera ${ip}`} ...`)
  const camera = await openTelops(ip, { interfaceIp: localIp, signal, onProgress }).finally(() =>
    output.live(''),
  )
  try {
    return await work(camera)
  } finally {
    await camera.close()
  }
}

/**
 * As {@link withTelops}, with a signal that fires when it is interrupted; `stopping` is what is said then. What throws
 * behind that is the interruption's own.
 */
export function interruptibleTelops(
  options: TelopsOptions,
  output: Output,
  stopping: string,
  work: (camera: TelopsCamera, signal: AbortSignal, exitCode: () => InterruptedCode) => Promise<Outcome>,
): Promise<Outcome> {
  return interruptible(
    async (signal, exitCode) => {
      let about: object = {}
      try {
        const told = (camera: TelopsCamera) => {
          about = identified(camera)
          return work(camera, signal, exitCode)
        }
        return await withTelops(options, output, told, signal)
      } catch (error) {
        if (!signal.aborted) throw error
        return { exitCode: exitCode(), value: { ...about, interrupted: true } }
      }
    },
    (again) => output.note(`framewire: ${stopping} ${again}`),
  )
}

/** A camera in a line: `FAST-IR 2K (TEL08050) at 169.254.10.20`. */
export function described({ identity: { model, serialNumber }, address }: TelopsCamera): string {
  return `${model} (${serialNumber}) at ${address}`
}

/** Who it is, for programs. */
export function identified({ identity: { model, serialNumber }, address }: TelopsCamera) {
  return { camera: serialNumber || address, address, model }
}

/** Settings that a command was given, as `configure` takes them. */
export interface SettingOptions {
  integrationTime?: number
  frameRate?: number
}

/** Set what was given; nothing is touched where nothing was. */
export async function configured(
  camera: TelopsCamera,
  { integrationTime, frameRate }: SettingOptions,
): Promise<void> {
  await camera.configure({
    ...(integrationTime !== undefined && { integrationTimeUs: integrationTime }),
    ...(frameRate !== undefined && { frameRateHz: frameRate }),
  })
}

function lockedText({ holder, waitedMs }: LockProgress): string {
  const who = holder === undefined ? 'another program' : `the host ${holder}`
  return `The camera is held by ${who}, or by one that was killed (${Math.round(waitedMs / 1000)} s)`
}
