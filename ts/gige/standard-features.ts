import type { FeatureValue } from '../genicam/feature.js'
import type { Features } from '../genicam/features.js'

/** Names that cameras have for the same feature, today's first. */
const NAMES = {
  exposureTime: ['ExposureTime', 'ExposureTimeAbs'],
  frameRate: ['AcquisitionFrameRate', 'AcquisitionFrameRateAbs'],
  frameRateEnable: ['AcquisitionFrameRateEnable', 'AcquisitionFrameRateEnabled'],
  gain: ['Gain', 'GainAbs', 'GainRaw'],
} as const

/**
 * What nearly every camera has, by the standard's names and those of older cameras. What is set answers what the camera
 * made of it, which may be another value where it rounds. All reject as `Features` do: `genicam/unknown` where the camera
 * has no such feature, `genicam/value`, `genicam/access`, and `gige/...`.
 */
export abstract class StandardFeatures extends EventTarget {
  /** The camera's own features, loaded when first asked for. */
  abstract features(): Promise<Features>

  /** Pixels of a row. */
  async width(): Promise<number> {
    return this.#number('Width')
  }

  /** Pixels of a row; the camera may take certain widths alone. Frames under way have to be stopped before. */
  async setWidth(pixels: number): Promise<number> {
    return this.#setNumber('Width', pixels)
  }

  /** Rows. */
  async height(): Promise<number> {
    return this.#number('Height')
  }

  /** Rows; as {@link setWidth}. */
  async setHeight(pixels: number): Promise<number> {
    return this.#setNumber('Height', pixels)
  }

  /** Such as `Mono12`. */
  async pixelFormat(): Promise<string> {
    return this.#text('PixelFormat')
  }

  /** By its name in the PFNC, of those that the camera knows. */
  async setPixelFormat(format: string): Promise<string> {
    return this.#setText('PixelFormat', format)
  }

  /** In µs. */
  async exposureTime(): Promise<number> {
    return this.#number(await this.#nameOf('exposureTime'))
  }

  /** In µs. */
  async setExposureTime(exposureTimeUs: number): Promise<number> {
    return this.#setNumber(await this.#nameOf('exposureTime'), exposureTimeUs)
  }

  /** Frames per second, while no trigger is awaited. */
  async frameRate(): Promise<number> {
    return this.#number(await this.#nameOf('frameRate'))
  }

  /** Frames per second; switched on where the camera has a switch for it. */
  async setFrameRate(fps: number): Promise<number> {
    const features = await this.features()
    const name = await this.#nameOf('frameRate')
    for (const enable of NAMES.frameRateEnable) {
      if (await this.#mayWrite(enable)) await features.set(enable, true)
    }
    return this.#setNumber(name, fps)
  }

  /** In the camera's own unit, mostly dB. */
  async gain(): Promise<number> {
    return this.#number(await this.#nameOf('gain'))
  }

  /** In the camera's own unit, mostly dB. */
  async setGain(gain: number): Promise<number> {
    return this.#setNumber(await this.#nameOf('gain'), gain)
  }

  /** Whether frames wait for a trigger. */
  async triggerMode(): Promise<'On' | 'Off'> {
    return (await this.#text('TriggerMode')) === 'On' ? 'On' : 'Off'
  }

  /** `On`: each frame waits for a trigger. */
  async setTriggerMode(mode: 'On' | 'Off'): Promise<void> {
    await this.#setText('TriggerMode', mode)
  }

  /** Where triggers come from, such as `Software` or `Line1`. */
  async triggerSource(): Promise<string> {
    return this.#text('TriggerSource')
  }

  /** One of the sources that the camera has. */
  async setTriggerSource(source: string): Promise<string> {
    return this.#setText('TriggerSource', source)
  }

  /** Trigger by command, where the source is `Software`. */
  async trigger(): Promise<void> {
    await (await this.features()).execute('TriggerSoftware')
  }

  /** Whether frames wait for a trigger: false too where the camera knows none. */
  async isTriggered(): Promise<boolean> {
    const features = await this.features()
    if (!features.has('TriggerMode') || !(await features.info('TriggerMode')).available) return false
    return (await this.triggerMode()) === 'On'
  }

  /** Bytes of the largest image, as the camera is set now. */
  async payloadBytes(): Promise<number> {
    return this.#number('PayloadSize')
  }

  /**
   * Send frames, one after another, until `acquisitionStop`, or as many as the mode `MultiFrame` says; one that would send
   * a single frame is set to `Continuous`. What cannot be changed meanwhile is locked.
   */
  async acquisitionStart(): Promise<void> {
    const features = await this.features()
    const isSingle =
      features.has('AcquisitionMode') && (await this.#text('AcquisitionMode')) === 'SingleFrame'
    if (isSingle) await features.set('AcquisitionMode', 'Continuous')
    await this.#lock(1)
    try {
      await features.execute('AcquisitionStart')
    } catch (error) {
      await this.#lock(0)
      throw error
    }
  }

  /** Send no more frames. */
  async acquisitionStop(): Promise<void> {
    await (await this.features()).execute('AcquisitionStop')
    await this.#lock(0)
  }

  /** Cameras whose description has this name refuse what would change the frames' size while it is 1. */
  async #lock(value: 0 | 1): Promise<void> {
    if (await this.#mayWrite('TLParamsLocked')) await (await this.features()).set('TLParamsLocked', value)
  }

  async #mayWrite(name: string): Promise<boolean> {
    const features = await this.features()
    return features.has(name) && (await features.info(name)).access === 'RW'
  }

  async #nameOf(feature: keyof typeof NAMES): Promise<string> {
    const features = await this.features()
    const [first, ...others] = NAMES[feature].filter((name) => features.has(name))
    for (const name of first && others.length > 0 ? [first, ...others] : []) {
      if ((await features.info(name)).available) return name
    }
    return first ?? NAMES[feature][0]
  }

  async #number(name: string): Promise<number> {
    return Number(await (await this.features()).get(name))
  }

  async #text(name: string): Promise<string> {
    return String(await (await this.features()).get(name))
  }

  async #setNumber(name: string, value: number): Promise<number> {
    return Number(await this.#set(name, value))
  }

  async #setText(name: string, value: string): Promise<string> {
    return String(await this.#set(name, value))
  }

  async #set(name: string, value: FeatureValue): Promise<FeatureValue> {
    return (await this.features()).set(name, value)
  }
}
