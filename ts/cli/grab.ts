import { noFrameFault } from '../gige/stream-faults.js'
import type { CaptureLosses, GigeCamera, GigeFrame } from '../gige.js'
import { type CameraOptions, described, withCamera } from './camera.js'
import { assign, assignment } from './features.js'
import type { Image } from './image.js'
import { type ImageFiles, imageFiles } from './image-file.js'
import { interruptible } from './interrupt.js'
import { failed, type Outcome } from './outcome.js'
import type { Output } from './output.js'
import { table } from './table.js'

/** What the command line says of frames to grab. */
export interface GrabOptions extends CameraOptions {
  out: string
  count: number
  /** How long to wait for each frame, in seconds. */
  timeout: number
  /** Features to set before, each as `NAME=VALUE`. */
  set?: string[]
}

/** A frame that was written, as a program wants it. */
interface Grabbed {
  blockId: number
  /** By the camera's clock; a text, since it may be larger than JSON's numbers are exact. */
  timestampNs: string
  capturedAt: string
  min: number
  max: number
  mean: number
}

/** `framewire grab -o FILE`: frames of a camera, in files. Those that came are written, whatever comes after. */
export async function grab(options: GrabOptions, output: Output): Promise<Outcome> {
  const assignments = (options.set ?? []).map(assignment)
  const files = await imageFiles(options.out, options.count)
  return interruptible(
    (signal, exitCode) =>
      withCamera(options, output, async (camera) => {
        await assign(await camera.features(), assignments)
        const grabbing = new Grabbing(camera, files)
        const error = await grabbing.run(options, signal, output).catch((error: unknown) => error)
        const { value, text } = await grabbing.result()
        if (signal.aborted) return { exitCode: exitCode(), value: { ...value, interrupted: true }, text }
        return error ? failed(error, value, text) : { exitCode: 0, value, text }
      }),
    () => output.note('framewire: stopping; what came is written. Ctrl-C again ends at once.'),
  )
}

/** Frames on their way from a camera to files. */
class Grabbing {
  readonly #camera: GigeCamera
  readonly #files: ImageFiles
  readonly #grabbed: Grabbed[] = []
  #kind: Pick<GigeFrame, 'shape' | 'dtype' | 'pixelFormat'> | undefined
  #losses: CaptureLosses | undefined

  constructor(camera: GigeCamera, files: ImageFiles) {
    this.#camera = camera
    this.#files = files
  }

  async run({ count, timeout }: GrabOptions, signal: AbortSignal, output: Output): Promise<void> {
    const timeoutMs = timeout * 1000
    const acquisition = this.#camera.acquisition()
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

  async #write(frame: GigeFrame): Promise<void> {
    const { shape, dtype, pixelFormat, blockId, timestampNs, capturedAt } = frame
    await this.#files.write(imageOf(frame))
    this.#kind ??= { shape, dtype, pixelFormat }
    this.#grabbed.push({
      blockId: Number(blockId),
      timestampNs: String(timestampNs),
      capturedAt: new Date(capturedAt).toISOString(),
      ...rangeOf(frame),
    })
    frame[Symbol.dispose]()
  }

  /** What came of it; nothing can be written afterwards. */
  async result(): Promise<{ value: object; text: string }> {
    const files = await this.#files.close()
    const { identity, address } = this.#camera
    const { shape = [], dtype, pixelFormat } = this.#kind ?? {}
    const [first, last] = [files[0], files.at(-1)]
    const value = {
      camera: identity.serialNumber || address,
      address,
      shape,
      dtype,
      pixelFormat: pixelFormat?.name,
      frames: this.#grabbed,
      losses: this.#losses,
      files,
    }
    const text = table([
      ['Camera', `${described(identity)} at ${address}`],
      [
        'Frames',
        `${this.#grabbed.length}${pixelFormat ? ` of ${shape.join(' x ')}, ${pixelFormat.name}` : ''}`,
      ],
      ['Values', this.#grabbed.length > 0 && this.#values()],
      ['Lost', this.#losses && lossText(this.#losses)],
      ['Written', first !== undefined && (files.length > 1 ? `${first} to ${last}` : first)],
    ])
    return { value, text }
  }

  #values(): string {
    const min = Math.min(...this.#grabbed.map(({ min }) => min))
    const max = Math.max(...this.#grabbed.map(({ max }) => max))
    const mean = this.#grabbed.reduce((sum, { mean }) => sum + mean, 0) / this.#grabbed.length
    return `${min} to ${max}, mean ${mean.toFixed(1)}`
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

function rangeOf({ data }: GigeFrame): Pick<Grabbed, 'min' | 'max' | 'mean'> {
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
  for (const value of data) {
    if (value < min) min = value
    if (value > max) max = value
    sum += value
  }
  return { min, max, mean: sum / data.length }
}

/** The frame as an image: its colours in the order of files, red first. */
export function imageOf({ data, shape, pixelFormat }: GigeFrame): Image {
  const [, , channels] = shape
  if (channels === undefined || !pixelFormat.name.startsWith('BGR')) return { data, shape }
  const swapped = data.slice()
  for (let at = 0; at < data.length; at += channels) {
    swapped[at] = data[at + 2]!
    swapped[at + 2] = data[at]!
  }
  return { data: swapped, shape }
}
