import { noFrameFault } from '../../gige/stream-faults.js'
import type { CaptureLosses } from '../../gige.js'
import type { TelopsCamera, TelopsFrame } from '../../telops.js'
import { lossText } from '../grab.js'
import { type ImageFiles, imageFiles } from '../image-file.js'
import { interruptible } from '../interrupt.js'
import { failed, type Outcome, usage } from '../outcome.js'
import type { Output } from '../output.js'
import { table } from '../table.js'
import {
  configured,
  described,
  identified,
  type SettingOptions,
  type TelopsOptions,
  withTelops,
} from './camera.js'

/** What the command line says of values. */
export interface UnitOptions {
  raw?: boolean
  celsius?: boolean
}

/** What the command line says of frames to grab. */
export interface GrabOptions extends TelopsOptions, SettingOptions, UnitOptions {
  out: string
  count: number
  /** How long to wait for each frame, in seconds. */
  timeout: number
}

/** A frame that was written, as a program wants it. */
interface Grabbed {
  frameId: number | undefined
  takenAt: string | undefined
  min: number
  max: number
  mean: number
}

/** `framewire telops grab -o FILE`: frames in files. Those that came are written, whatever comes after. */
export async function grab(options: GrabOptions, output: Output): Promise<Outcome> {
  const files = await imageFiles(options.out, options.count)
  const isPng = /\.png$/i.test(options.out)
  if (isPng && options.celsius) {
    throw usage('a .png holds counts: leave --celsius out, or give a .npy, .csv or .tif.')
  }
  const convert = !options.raw && !isPng
  return interruptible(
    (signal, exitCode) =>
      withTelops(
        options,
        output,
        async (camera) => {
          await configured(camera, options)
          const grabbing = new Grabbing(camera, files)
          const error = await grabbing.run(options, convert, signal, output).catch((error: unknown) => error)
          const { value, text } = await grabbing.result()
          if (signal.aborted) return { exitCode: exitCode(), value: { ...value, interrupted: true }, text }
          return error ? failed(error, value, text) : { exitCode: 0, value, text }
        },
        signal,
      ),
    () => output.note('framewire: stopping; what came is written. Ctrl-C again ends at once.'),
  )
}

/** Frames on their way from a camera to files. */
class Grabbing {
  readonly #camera: TelopsCamera
  readonly #files: ImageFiles
  readonly #grabbed: Grabbed[] = []
  #kind: Pick<TelopsFrame, 'shape' | 'dtype' | 'unit'> | undefined
  #losses: CaptureLosses | undefined

  constructor(camera: TelopsCamera, files: ImageFiles) {
    this.#camera = camera
    this.#files = files
  }

  async run(
    { count, timeout }: GrabOptions,
    convert: boolean,
    signal: AbortSignal,
    output: Output,
  ): Promise<void> {
    const timeoutMs = timeout * 1000
    const acquisition = this.#camera.acquisition({ convert })
    try {
      while (this.#grabbed.length < count) {
        output.live(`${this.#grabbed.length} of ${count} frames`)
        const frame = await acquisition.readFrame({ timeoutMs, signal })
        if (!frame) throw noFrameFault(this.#camera.address, timeoutMs, await acquisition.statistics())
        await this.#write(frame)
      }
    } finally {
      output.live('')
      this.#losses = (await acquisition.stop()).losses
    }
  }

  async #write(frame: TelopsFrame): Promise<void> {
    const { shape, dtype, unit, header, data } = frame
    await this.#files.write({ data, shape })
    this.#kind ??= { shape, dtype, unit }
    this.#grabbed.push({
      frameId: header?.frameId,
      takenAt: header && new Date(header.takenAt).toISOString(),
      ...rangeOf(data),
    })
    frame[Symbol.dispose]()
  }

  /** What came of it; nothing can be written afterwards. */
  async result(): Promise<{ value: object; text: string }> {
    const files = await this.#files.close()
    const frames = this.#grabbed
    const { shape = [], dtype, unit } = this.#kind ?? {}
    const [first, last] = [files[0], files.at(-1)]
    return {
      value: { ...identified(this.#camera), shape, dtype, unit, frames, losses: this.#losses, files },
      text: table([
        ['Camera', described(this.#camera)],
        ['Frames', `${frames.length}${dtype ? ` of ${shape.join(' x ')}, ${dtype} (${unit})` : ''}`],
        ['Values', frames.length > 0 && valuesText(frames)],
        ['Lost', this.#losses && lossText(this.#losses)],
        ['Written', first !== undefined && (files.length > 1 ? `${first} to ${last}` : first)],
      ]),
    }
  }
}

function valuesText(frames: readonly Grabbed[]): string {
  const min = Math.min(...frames.map(({ min }) => min))
  const max = Math.max(...frames.map(({ max }) => max))
  const mean = frames.reduce((sum, { mean }) => sum + mean, 0) / frames.length
  return `${number(min)} to ${number(max)}, mean ${mean.toFixed(1)}`
}

/** Counts as they are, temperatures to a tenth. */
function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1)
}

function rangeOf(data: TelopsFrame['data']): Pick<Grabbed, 'min' | 'max' | 'mean'> {
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
  for (const value of data) {
    if (value < min) min = value
    if (value > max) max = value
    sum += value
  }
  return { min, max, mean: sum / data.length }
}
