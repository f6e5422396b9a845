import { setTimeout as sleep } from 'node:timers/promises'
import { type OpenTelopsOptions, openTelops, type TelopsCamera } from 'framewire/telops'
import { onTestFinished } from 'vitest'
import type { TelopsSimulatorOptions } from '../../ts/simulator/telops/options.js'
import { createTelopsSimulator, type TelopsSimulator } from '../../ts/simulator/telops/simulator.js'
import { Register, type RegisterName } from '../../ts/telops/registers.js'
import { loopbackAddress } from '../gige/loopback.js'
import { WASM } from '../simulator/host.js'

/** A simulated camera on the loopback interface; it is gone with the test. */
export async function simulated(options: TelopsSimulatorOptions = {}): Promise<TelopsSimulator> {
  const address = loopbackAddress()
  const simulator = await createTelopsSimulator({ address, files: { wasmUrl: WASM }, ...options })
  onTestFinished(() => simulator.close())
  return simulator
}

/** It, opened; it is closed with the test. */
export async function opened(
  { address }: Pick<TelopsSimulator, 'address'>,
  options: OpenTelopsOptions = {},
): Promise<TelopsCamera> {
  const camera = await openTelops(address, options)
  onTestFinished(() => camera.close())
  return camera
}

/** What a recording is to be like. */
export interface RecordingOptions {
  frames: number
  /** Default 1. */
  nSequences?: number
  /** Default 64 x 64. */
  resolution?: [width: number, height: number]
}

/** As fast as any simulated camera takes frames of these sizes. */
const FRAME_RATE_HZ = 2000

/** Let a camera that was switched on with `ringDeadMs: 0` record, without the seconds that real ones need before. */
export async function record(
  camera: TelopsCamera,
  { frames, nSequences = 1, resolution = [64, 64] }: RecordingOptions,
): Promise<void> {
  await camera.configure({ resolution, frameRateHz: FRAME_RATE_HZ })
  await camera.bufferConfigure({ nSequences, framesPerSequence: frames })
  const command = (name: RegisterName) => camera.writeRegister(Register[name].address, 1)
  await command('AcquisitionArm')
  await command('AcquisitionStart')
  for (let sequence = 1; sequence <= nSequences; sequence++) {
    await command('MemoryBufferMOISoftware')
    const count = Register.MemoryBufferSequenceCount.address
    await until(`sequence ${sequence}`, async () => (await camera.readRegister(count)) === sequence)
  }
  await command('AcquisitionStop')
}

/** How long anything is waited for, in ms. */
const PATIENCE_MS = 10_000

/** Wait until something is so. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await sleep(5)) {
    if (await isSo()) return
  }
  throw new Error(`it did not come to this within ${PATIENCE_MS} ms: ${what}`)
}
