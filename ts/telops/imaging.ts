import type { Registers } from '../gige/registers.js'
import type { Clock } from '../upload/clock.js'
import type { CalibrationFile } from './calibration/calibration-files.js'
import {
  type ActiveCalibration,
  type CalibrationChoice,
  type CalibrationCollection,
  Calibrations,
  type LoadedCalibration,
} from './calibration/calibrations.js'
import { Configuration } from './configuration.js'
import { TelopsDevice } from './device.js'
import { type Pair, VALID_HEIGHTS, VALID_WIDTHS } from './geometry.js'
import type { CalibrationModeName } from './header.js'
import { correctNonUniformity, type NucOptions } from './nuc.js'
import type { TelopsSettings } from './settings.js'
import type { Trigger, TriggerOptions } from './trigger.js'
import { readTrigger } from './trigger.js'

/**
 * What the camera makes its images with. What is set resolves with what the camera made of it; where that is something
 * else, it is warned of, too. All reject with `telops/option` before anything is written, and with `telops/refused`.
 */
export class TelopsImaging extends TelopsDevice {
  /** @internal */
  protected readonly configuration: Configuration
  readonly #calibrations: Calibrations

  /** @internal */
  constructor(port: Registers, clock: Clock) {
    super(port, clock)
    this.configuration = new Configuration(this.registers, port, clock, this.warn)
    this.#calibrations = new Calibrations(this.registers, clock, this.warn)
  }

  /**
   * Set many at once, in the order in which they limit each other. All are checked, together, before the first is
   * written. What the camera made of each; `frameRateHz`, too, where the others lowered it.
   */
  configure(settings: Partial<TelopsSettings>): Promise<Partial<TelopsSettings>> {
    return this.configuration.configure(settings)
  }

  /** In us. */
  integrationTime(): Promise<number> {
    return this.configuration.read('integrationTimeUs')
  }

  /** In us, above 0; the camera has limits of its own. Ends automatic exposure. A long one lowers the frame rate. */
  setIntegrationTime(integrationTimeUs: number): Promise<number> {
    return this.configuration.set('integrationTimeUs', integrationTimeUs)
  }

  /** Whether the camera sets the integration time by itself. */
  integrationTimeAuto(): Promise<TelopsSettings['integrationTimeAuto']> {
    return this.configuration.read('integrationTimeAuto')
  }

  /** Let the camera set the integration time by itself: `off`, `once`, `continuous`. */
  setIntegrationTimeAuto(
    mode: TelopsSettings['integrationTimeAuto'],
  ): Promise<TelopsSettings['integrationTimeAuto']> {
    return this.configuration.set('integrationTimeAuto', mode)
  }

  /** In Hz. */
  frameRate(): Promise<number> {
    return this.configuration.read('frameRateHz')
  }

  /** In Hz, above 0; the camera takes at most {@link frameRateMax}. */
  setFrameRate(frameRateHz: number): Promise<number> {
    return this.configuration.set('frameRateHz', frameRateHz)
  }

  /** The highest frame rate for resolution and integration time, in Hz; live, the network is the limit (760 Hz of 320 x 256). */
  frameRateMax(): Promise<number> {
    return this.registers.read('FrameRateMax')
  }

  /** How the camera keeps its frame rate. */
  frameRateMode(): Promise<TelopsSettings['frameRateMode']> {
    return this.configuration.read('frameRateMode')
  }

  /** `fixed` (as set), `fixedLocked` (to a clock outside), `maximum`, `burst` (`triggerFrameCount` frames a trigger). */
  setFrameRateMode(mode: TelopsSettings['frameRateMode']): Promise<TelopsSettings['frameRateMode']> {
    return this.configuration.set('frameRateMode', mode)
  }

  /** What the camera makes of the pixels. */
  calibrationMode(): Promise<CalibrationModeName> {
    return this.configuration.read('calibrationMode')
  }

  /** `RT` (temperature), `NUC`, `RAW`, `RAW0`, `IBR`, `IBI`. */
  setCalibrationMode(mode: CalibrationModeName): Promise<CalibrationModeName> {
    return this.configuration.set('calibrationMode', mode)
  }

  /** Width and height in usable pixels, header rows left out. */
  resolution(): Promise<Pair> {
    return this.configuration.read('resolution')
  }

  /**
   * Width 64 to 320 in steps of 64, height 4 to 256 in steps of 4, in usable pixels; within the sensor where `roiOffset`
   * is. Waits for one second to pass from the last change.
   */
  setResolution(width: number, height: number): Promise<Pair> {
    return this.configuration.set('resolution', [width, height])
  }

  /** Where the window lies on the sensor: x and y of its upper left pixel. */
  roiOffset(): Promise<Pair> {
    return this.configuration.read('roiOffset')
  }

  /** x in steps of 64, y in steps of 4; with the resolution within 320 x 256. */
  setRoiOffset(x: number, y: number): Promise<Pair> {
    return this.configuration.set('roiOffset', [x, y])
  }

  /** Widths that can be set: 64, 128, ... 320. */
  get validWidths(): readonly number[] {
    return VALID_WIDTHS
  }

  /** Heights that can be set: 4, 8, ... 256. */
  get validHeights(): readonly number[] {
    return VALID_HEIGHTS
  }

  /** Whether pixels known as bad are replaced by what lies around them. */
  badPixelReplacement(): Promise<boolean> {
    return this.configuration.read('badPixelReplacement')
  }

  /** On when the camera is opened; off shows what the sensor gave. */
  setBadPixelReplacement(on: boolean): Promise<boolean> {
    return this.configuration.set('badPixelReplacement', on)
  }

  /** Whether the image is mirrored left to right. */
  reverseX(): Promise<boolean> {
    return this.configuration.read('reverseX')
  }

  /** Mirror the image left to right. */
  setReverseX(on: boolean): Promise<boolean> {
    return this.configuration.set('reverseX', on)
  }

  /** Whether the image is mirrored top to bottom. */
  reverseY(): Promise<boolean> {
    return this.configuration.read('reverseY')
  }

  /** Mirror the image top to bottom. */
  setReverseY(on: boolean): Promise<boolean> {
    return this.configuration.set('reverseY', on)
  }

  /** What the camera makes up instead of an image. */
  testImage(): Promise<TelopsSettings['testImage']> {
    return this.configuration.read('testImage')
  }

  /** `off` (when the camera is opened), `staticShade`, `dynamicShade`, `constantValue`. */
  setTestImage(image: TelopsSettings['testImage']): Promise<TelopsSettings['testImage']> {
    return this.configuration.set('testImage', image)
  }

  /** Pause between two packets, in ticks of 8 ns. */
  packetDelay(): Promise<number> {
    return this.configuration.read('packetDelayTicks')
  }

  /**
   * Pause between two packets of live frames, 0 to 4294967295 ticks of 8 ns, for every stream from now on; 1000 for up to
   * 400 fps, 5000 for up to 100 fps. Recordings and downloads do without.
   */
  setPacketDelay(ticks: number): Promise<number> {
    return this.configuration.set('packetDelayTicks', ticks)
  }

  /** What is set for one kind of trigger. */
  trigger(selector: Trigger['selector'] = 'acquisitionStart'): Promise<Trigger> {
    return readTrigger(this.registers, selector)
  }

  /** Wait for triggers, or do not: `{ enabled: false }`. */
  configureTrigger(options: TriggerOptions = {}): Promise<TriggerOptions> {
    return this.configuration.set('trigger', options)
  }

  /** Trigger, where the source is `software`. */
  softwareTrigger(): Promise<void> {
    return this.registers.execute('TriggerSoftware')
  }

  /** Frames of each trigger. */
  triggerFrameCount(): Promise<number> {
    return this.configuration.read('triggerFrameCount')
  }

  /** Frames of each trigger, 1 or more. */
  setTriggerFrameCount(frames: number): Promise<number> {
    return this.configuration.set('triggerFrameCount', frames)
  }

  /**
   * Correct non-uniformity against a black body in front of the lens, or the camera's own, and wait until that is done.
   * Rejects with `telops/timeout`, `stream/aborted`.
   */
  nuc(options: NucOptions = {}): Promise<void> {
    return correctNonUniformity(this.registers, this.clock, options)
  }

  /**
   * Names of one's own for calibrations, by their index in the camera; told by {@link calibrationCollections} and its like.
   */
  get calibrationNames(): Map<number, string> {
    return this.#calibrations.names
  }

  /**
   * Read what the manufacturer's folder of calibration files (on the camera's USB stick) tells of lenses, filters and
   * temperatures, so that a calibration can be chosen by them. Rejects with `telops/calibration-files`.
   */
  loadCalibrationInfo(directory: string): Promise<CalibrationFile[]> {
    return this.#calibrations.loadInfo(directory)
  }

  /** The calibrations that the camera has. */
  calibrationCollections(): Promise<CalibrationCollection[]> {
    return this.#calibrations.collections()
  }

  /** The calibration that is in use. */
  calibrationActive(): Promise<ActiveCalibration> {
    return this.#calibrations.active()
  }

  /**
   * Use a calibration: by its index, or by a part of the lens's name and the temperature of the scene in degC: of those
   * that hold it the one of the narrowest range. Takes seconds. Rejects with `telops/calibration` where none fits.
   */
  calibrationLoad(choice: CalibrationChoice): Promise<LoadedCalibration> {
    return this.#calibrations.load(choice)
  }
}
