import { noFrameFault } from '../gige/stream-faults.js'
import type { Acquisition, CaptureLosses } from '../gige.js'
import type { Image } from './image.js'
import type { ImageFiles } from './image-file.js'
import type { InterruptedCode } from './interrupt.js'
import { ended, type Outcome } from './outcome.js'
import type { Output } from './output.js'
import { table } from './table.js'

/** What the command line says of how to grab. */
export interface GrabbingOptions {
  count: number
  /** How long to wait for each frame, in seconds. */
  timeout: number
}

/** A frame of any camera. */
export interface GrabbableFrame extends Image, Disposable {
  readonly dtype: string
}

/** What frames are grabbed of, and what is told of it. */
export interface Grabbable<F extends GrabbableFrame> {
  /** Which camera it is, for programs. */
  camera: { camera: string; address: string }
  /** The same for people, in a line. */
  described: string
  acquisition(): Acquisition<F>
  /** A frame as files hold it. */
  image(frame: F): Image
  /** What its values are, beside their type: for programs, and for people. */
  kind(frame: F): { value: object; text: string }
  /** Which frame it is and when it was taken, for programs. */
  told(frame: F): object
}

/** Least, greatest and mean value of a frame. */
interface Range {
  min: number
  max: number
  mean: number
}

/** Frames on their way from a camera to files. */
export class Grabbing<F extends GrabbableFrame> {
  readonly #of: Grabbable<F>
  readonly #files: ImageFiles
  readonly #grabbed: Range[] = []
  /** What all of them are, as the first one is. */
  #kind: (Pick<F, 'shape' | 'dtype'> & ReturnType<Grabbable<F>['kind']>) | undefined
  #losses: CaptureLosses | undefined
  #wanted = 0

  constructor(of: Grabbable<F>, files: ImageFiles) {
    this.#of = of
    this.#files = files
  }

  /** Grab; frames that came are written and told, whatever comes after. */
  async outcome(
    options: GrabbingOptions,
    output: Output,
    signal: AbortSignal,
    exitCode: () => InterruptedCode,
  ): Promise<Outcome> {
    this.#wanted = options.count
    const error = await this.#run(options, output, signal).catch((error: unknown) => error)
    const { value, text } = await this.#result()
    return ended(error, value, text, signal.aborted && exitCode())
  }

  async #run({ count, timeout }: GrabbingOptions, output: Output, signal: AbortSignal): Promise<void> {
    const timeoutMs = timeout * 1000
    const acquisition = this.#of.acquisition()
    try {
      while (this.#grabbed.length < count) {
        output.live(`${this.#grabbed.length} of ${count} frames`)
        const frame = await acquisition.readFrame({ timeoutMs, signal })
        if (!frame) throw noFrameFault(this.#of.camera.address, timeoutMs, await acquisition.statistics())
        await this.#write(frame)
      }
    } finally {
      output.live('')
      this.#losses = (await acquisition.stop()).losses
    }
  }

  async #write(frame: F): Promise<void> {
    const { shape, dtype, data } = frame
    await this.#files.write(this.#of.image(frame))
    this.#kind ??= { shape, dtype, ...this.#of.kind(frame) }
    this.#grabbed.push({ ...this.#of.told(frame), ...rangeOf(data) })
    frame[Symbol.dispose]()
  }

  /** What came of it; nothing can be written afterwards. */
  async #result(): Promise<{ value: object; text: string }> {
    const files = await this.#files.close()
    const { camera, described } = this.#of
    const frames = this.#grabbed
    const { shape = [], dtype, value, text } = this.#kind ?? {}
    const [height, width, channels] = shape
    const size = [width, height, ...(channels === undefined ? [] : [channels])].join(' x ')
    const wanted = frames.length < this.#wanted ? ` (asked for: ${this.#wanted})` : ''
    const [first, last] = [files[0], files.at(-1)]
    return {
      // As the file has it: an array of several frames has three axes.
      value: {
        ...camera,
        shape: this.#files.isStack && frames.length > 0 ? [frames.length, ...shape] : shape,
        dtype,
        ...value,
        frames,
        losses: this.#losses,
        files,
      },
      text: table([
        ['Camera', described],
        ['Frames', `${frames.length}${text !== undefined ? ` of ${size}, ${text}` : ''}${wanted}`],
        ['Values', frames.length > 0 && valuesText(frames)],
        ['Lost', this.#losses && lossText(this.#losses)],
        ['Written', first !== undefined && (files.length > 1 ? `${first} to ${last}` : first)],
      ]),
    }
  }
}

/** Losses by their place, in words. */
export function lossText({ camera, wire, kernel, app }: CaptureLosses): string {
  const all = [
    camera > 0 && `${camera} frames left out by the camera`,
    wire > 0 && `${wire} on the wire`,
    kernel > 0 && `${kernel} in this host's receive buffer`,
    app > 0 && `${app} here: the disk is slower than the camera`,
  ].filter((text) => text !== false)
  return all.join(', ') || 'nothing'
}

function rangeOf(data: Image['data']): Range {
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
  for (const value of data) {
    if (value < min) min = value
    if (value > max) max = value
    sum += value
  }
  return { min, max, mean: sum / data.length }
}

function valuesText(frames: readonly Range[]): string {
  const min = Math.min(...frames.map(({ min }) => min))
  const max = Math.max(...frames.map(({ max }) => max))
  const mean = frames.reduce((sum, { mean }) => sum + mean, 0) / frames.length
  return `${number(min)} to ${number(max)}, mean ${mean.toFixed(1)}`
}

/** Counts as they are, temperatures to a tenth. */
function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1)
}
