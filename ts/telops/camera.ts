import { hasCode } from '../errors.js'
import type { GigeCamera } from '../gige/camera.js'
import type { ReachableCamera } from '../gige/selection.js'
import { streamChannel } from '../gige-vision/bootstrap.js'
import { type Clock, systemClock } from '../upload/clock.js'
import { type OpenTelopsOptions, prepare, takeControl } from './connection.js'
import type { PowerState } from './device.js'
import { TelopsReceiving } from './receiving.js'
import { SETTING_NAMES, type TelopsSettings } from './settings.js'

/** What a camera does, all in all. */
export type TelopsState = 'disconnected' | 'connected' | 'streaming' | 'standby' | 'notReady' | 'error'

/** A camera at a glance: how it is set, and what it is able to. */
export interface TelopsInfo extends TelopsSettings {
  /** IPv4 address. */
  address: string
  model: string
  serialNumber: string
  frameRateMaxHz: number
  powerState: PowerState
  /** Temperature of the sensor; undefined where it does not tell. */
  temperatureC: number | undefined
  /** Whether the buffer is on. */
  isBufferOn: boolean
}

/**
 * Open a Telops camera and take control of it: by serial number, user-given name, IP or hardware address, or the first
 * that answers. What an earlier session left running is stopped; bad pixels are replaced, the frame rate is as it is set,
 * the test image is off. One that cools down is waited for.
 *
 * Rejects with `telops/locked` where another program keeps it for more than 15 s, `telops/not-ready`,
 * `telops/other-camera`, `stream/aborted`, and as `openCamera` of framewire/gige.
 */
export async function openTelops(selector?: string, options: OpenTelopsOptions = {}): Promise<TelopsCamera> {
  const gige = await takeControl(selector, options, systemClock)
  const camera = new TelopsCamera(gige, systemClock)
  try {
    await camera.prepare(options)
    return camera
  } catch (error) {
    await camera.close()
    throw error
  }
}

/**
 * A Telops camera under control of this host; open it with {@link openTelops}.
 *
 * Events: `progress` and `warning`; of the camera underneath `lost` (a `CustomEvent` with the `gige/control-lost`) and
 * `reconnected`: then {@link prepare} it, and set it up again.
 */
export class TelopsCamera extends TelopsReceiving {
  #isGone = false

  /** @internal */
  constructor(gige: GigeCamera, clock: Clock) {
    super(gige, clock)
    for (const kind of ['lost', 'reconnected']) {
      gige.addEventListener(kind, (event) => {
        this.#isGone = kind === 'lost'
        this.dispatchEvent(new CustomEvent(kind, { detail: (event as CustomEvent).detail }))
      })
    }
  }

  /** Who the camera is, and where it was found. */
  get identity(): ReachableCamera {
    return this.gige.identity
  }

  /** The camera's IPv4 address. */
  get address(): string {
    return this.gige.address
  }

  /** What is done with every camera that is opened: to be done again where it was lost and came back. */
  prepare(options: Pick<OpenTelopsOptions, 'powerOn'> & Parameters<TelopsCamera['waitUntilReady']>[0] = {}) {
    const onProgress: typeof options.onProgress = (progress) => {
      options.onProgress?.(progress)
      this.dispatchEvent(new CustomEvent('progress', { detail: progress }))
    }
    return prepare(this.port, this.registers, this.clock, { ...options, onProgress })
  }

  /** What the camera does. Never rejects: `disconnected` where it was closed or lost, `error` where it does not answer. */
  async state(): Promise<TelopsState> {
    if (this.#isGone) return 'disconnected'
    try {
      if ((await this.powerState()) === 'STANDBY') return 'standby'
      if (await this.registers.isSet('DeviceNotReady')) return 'notReady'
      return (await this.port.readRegister(streamChannel(0).port)) === 0 ? 'connected' : 'streaming'
    } catch (error) {
      const isGone = hasCode(error, 'gige/closed') || hasCode(error, 'gige/control-lost')
      return isGone ? 'disconnected' : 'error'
    }
  }

  /** Everything that is set, and what the camera is. */
  async info(): Promise<TelopsInfo> {
    const { model, serialNumber } = this.identity
    const settings: Record<string, unknown> = {}
    for (const name of SETTING_NAMES) settings[name] = await this.configuration.read(name)
    return {
      address: this.address,
      model,
      serialNumber,
      ...(settings as unknown as TelopsSettings),
      frameRateMaxHz: await this.frameRateMax(),
      powerState: await this.powerState(),
      temperatureC: await this.temperature(),
      isBufferOn: await this.registers.isSet('MemoryBufferMode'),
    }
  }

  /** Restart the camera, and close it: it has to cool down again, and may come back with another address. */
  async reset(): Promise<void> {
    try {
      await this.registers.execute('DeviceReset')
    } catch (error) {
      // It may be down before it answers.
      if (!hasCode(error, 'gige/no-answer') && !hasCode(error, 'gige/control-lost')) throw error
    }
    await this.close()
  }

  /** Give the camera back. Closing it again does nothing. */
  close(): Promise<void> {
    this.#isGone = true
    return this.gige.close()
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
