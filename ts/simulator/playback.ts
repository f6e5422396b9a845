import { openPath } from '../frames/file-node.js'
import type { FrameSource } from '../frames/source.js'
import { frameRun } from '../frames/stack.js'
import { wrongOption } from './options.js'
import type { SimulatedPixelFormat } from './pixel-formats.js'

/** A recording that is shown over and over, one frame read ahead. */
export class Playback {
  readonly #source: FrameSource
  #index = 0
  #loading: Promise<void>
  #ready: Uint8Array | undefined
  #error: unknown

  private constructor(source: FrameSource) {
    this.#source = source
    this.#loading = this.#load()
  }

  /** Open a recording. Throws as `openPath`, and `simulator/option` where it is in colour. */
  static async open(path: string): Promise<Playback> {
    const source = await openPath(path)
    if (source.channels !== 1) {
      await source.close()
      throw wrongOption('source', path, 'it has to be a recording in gray')
    }
    return new Playback(source)
  }

  get width(): number {
    return this.#source.width
  }

  get height(): number {
    return this.#source.height
  }

  get pixelFormat(): SimulatedPixelFormat {
    const { dtype, bits } = this.#source
    if (dtype === 'uint8') return 'Mono8'
    return bits === 12 ? 'Mono12' : 'Mono16'
  }

  /** Begin with the first frame again. */
  async rewind(): Promise<void> {
    await this.#loading
    this.#index = 0
    this.#loading = this.#load()
    await this.#loading
  }

  /** Whether the next frame is in memory. Throws what reading it threw. */
  get isReady(): boolean {
    if (this.#error !== undefined) throw this.#error
    return this.#ready !== undefined
  }

  /** Copy the next frame out, little-endian, and read the one behind it. */
  take(into: Uint8Array): void {
    into.set(this.#ready!)
    this.#ready = undefined
    this.#loading = this.#load()
  }

  async close(): Promise<void> {
    await this.#loading
    await this.#source.close()
  }

  async #load(): Promise<void> {
    try {
      const run = frameRun(await this.#source.read(this.#index, 1))
      this.#index = (this.#index + 1) % this.#source.frames
      const frame = new Uint8Array(run.bytesPerFrame)
      run.copyFrame(0, frame)
      if (run.format === 'u16be') swapBytes(frame)
      this.#ready = frame
    } catch (error) {
      this.#error = error
    }
  }
}

function swapBytes(bytes: Uint8Array): void {
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    const low = bytes[at]!
    bytes[at] = bytes[at + 1]!
    bytes[at + 1] = low
  }
}
