import type { Conversion } from '../core/core.js'
import { conversionFor, type Gray } from '../frames/conversion.js'
import type { FrameRun } from '../frames/stack.js'
import type { StreamJournal } from '../journal/place.js'
import type { SealingLine } from '../sealing/line.js'
import type { LiveFormat } from './live-source.js'
import { checkedOption } from './options.js'
import type { Receipt } from './receipt.js'
import type { StreamDeclaration } from './session.js'

/** The range that a stream's wide pixels are scaled by: stated, or measured once, and the same from then on. */
export class PixelRange {
  readonly #stated: Pick<StreamDeclaration, 'scale' | 'gray'>
  readonly #line: SealingLine
  readonly #journal: StreamJournal
  #measured: Promise<{ lo: number; hi: number }> | undefined
  #known: Receipt['range']

  constructor(declaration: StreamDeclaration, parts: { line: SealingLine; journal: StreamJournal }) {
    this.#stated = declaration
    this.#line = parts.line
    this.#journal = parts.journal
  }

  /** As the receipt tells it; undefined where there is none, or none yet. */
  get known(): Receipt['range'] {
    return this.#known
  }

  /** Go on with a range that was measured before. */
  restore(range: { lo: number; hi: number } | undefined): void {
    if (!range) return
    this.#measured = Promise.resolve(range)
    this.#known = range
  }

  /**
   * The conversion of frames; the range `measured` is taken from those that ask for it first.
   * @param pixels the same frames, where those of the run were taken over and are still on their way
   */
  async conversion(run: FrameRun, pixels: Promise<FrameRun>): Promise<Conversion> {
    const { range, gray } = conversionFor(run, this.#stated)
    if (range !== 'measured') {
      this.#known = range
      return { range, gray }
    }
    this.#measured ??= this.#measure(pixels, gray)
    this.#known = await this.#measured
    return { range: this.#known, gray }
  }

  /** The conversion of frames that are not here to be measured. Throws `stream/option`, and as `conversionFor`. */
  async liveConversion(frames: LiveFormat): Promise<Conversion> {
    const { range, gray } = conversionFor(frames, this.#stated)
    const known = range === 'measured' ? await this.#measured : range
    checkedOption(
      'scale',
      'measured',
      range !== 'measured' || known !== undefined,
      'a range for live frames, such as 0:4095, or "full": the first of them is packed before any could be measured',
    )
    this.#known = known
    return { range: known, gray }
  }

  async #measure(pixels: Promise<FrameRun>, gray: Gray | undefined): Promise<{ lo: number; hi: number }> {
    const { min, max } = await this.#line.measure(await pixels, gray)
    const range = { lo: min, hi: max }
    await this.#journal.append({ type: 'range', ...range })
    return range
  }
}
