import { type Clock, sleep } from '../../upload/clock.js'
import { CalibrationCollectionType } from '../enumerations.js'
import { calibrationFault, optionFault } from '../faults.js'
import type { RegisterAccess } from '../register-access.js'
import type { Warn } from '../warnings.js'
import { type CalibrationFile, readCalibrationFiles } from './calibration-files.js'

/** What is known of a calibration beside what the camera tells; see `loadCalibrationInfo` and `calibrationNames`. */
export interface CalibrationFacts {
  /** Name of the lens. */
  lens?: string
  /** Position of the filter wheel, from 0 on. */
  filterWheel?: number
  /** Temperatures that it is made for, in degC. */
  temperatureRangeC?: readonly [number, number]
  /** One's own name for it. */
  name?: string
}

/** A calibration that the camera has. */
export interface CalibrationCollection extends CalibrationFacts {
  /** From 0 on. */
  index: number
  /** When it was made, in s since 1970. */
  posix: number
  /** By the camera's own name, or its number. */
  type: keyof typeof CalibrationCollectionType | number
  /** Blocks that it has. */
  blocks: number
}

/** The calibration that is in use. */
export interface ActiveCalibration extends CalibrationFacts {
  /** Undefined: none of those that the camera has. */
  index: number | undefined
  /** When it was made, in s since 1970; 0: none is in use. */
  collectionPosix: number
  /** When its block was made, in s since 1970; 0: none is in use. */
  blockPosix: number
  type: keyof typeof CalibrationCollectionType | number
}

/** A calibration that was loaded. */
export type LoadedCalibration = Pick<CalibrationCollection, 'index' | 'posix'> & CalibrationFacts

/** Which calibration to use. */
export type CalibrationChoice =
  | { index: number }
  /** A part of the lens's name, in either case; temperature of the scene in degC. */
  | { lens: string; temperatureC?: number }

/** How long a collection takes to be loaded, in ms, before its first block can be. */
const COLLECTION_MS = 2000
/** How long it may take until it shows as active, and how often to look, in ms. */
const ACTIVE_MS = 4000
const POLL_MS = 500

/** The camera's calibrations, and what is known of them. */
export class Calibrations {
  /** Names of one's own, by index. */
  readonly names = new Map<number, string>()
  readonly #registers: RegisterAccess
  readonly #clock: Clock
  readonly #warn: Warn
  #files: CalibrationFile[] = []

  constructor(registers: RegisterAccess, clock: Clock, warn: Warn) {
    this.#registers = registers
    this.#clock = clock
    this.#warn = warn
  }

  async loadInfo(directory: string): Promise<CalibrationFile[]> {
    this.#files = await readCalibrationFiles(directory)
    return this.#files
  }

  async collections(): Promise<CalibrationCollection[]> {
    const registers = this.#registers
    const count = await registers.read('CalCollectionCount')
    const collections: CalibrationCollection[] = []
    for (let index = 0; index < count; index++) {
      collections.push(
        await registers.select('CalCollectionSelector', index, async () => {
          const posix = await registers.read('CalCollectionPosix')
          const type = typeOf(await registers.read('CalCollectionType'))
          const blocks = await registers.read('CalBlockCount')
          return { index, posix, type, blocks, ...this.#facts(index, posix) }
        }),
      )
    }
    return collections
  }

  async active(): Promise<ActiveCalibration> {
    const type = typeOf(await this.#registers.read('CalActiveType'))
    const collectionPosix = await this.#registers.read('CalActivePosix')
    const blockPosix = await this.#registers.read('CalActiveBlockPosix')
    const isIt = ({ posix }: CalibrationCollection) => posix === collectionPosix
    const index = collectionPosix === 0 ? undefined : (await this.collections()).find(isIt)?.index
    return { index, collectionPosix, blockPosix, type, ...this.#facts(index, collectionPosix) }
  }

  async load(choice: CalibrationChoice): Promise<LoadedCalibration> {
    const { index, posix } = await this.#chosen(choice)
    const registers = this.#registers
    await registers.select('CalCollectionSelector', index, async () => {
      if ((await registers.read('CalActivePosix')) === posix) return
      await registers.execute('CalCollectionLoad')
      await sleep(this.#clock, COLLECTION_MS)
      await registers.select('CalBlockSelector', 0, () => registers.execute('CalBlockLoad'))
      if (await this.#becomesActive(posix)) return
      this.#warn(
        'FRAMEWIRE_TELOPS_CALIBRATION',
        `Calibration ${index} was loaded, but does not show as active after ${ACTIVE_MS / 1000} s. ` +
          'Look at calibrationActive() before you trust temperatures.',
      )
    })
    return { index, posix, ...this.#facts(index, posix) }
  }

  async #becomesActive(posix: number): Promise<boolean> {
    const end = this.#clock.now() + ACTIVE_MS
    while ((await this.#registers.read('CalActivePosix')) !== posix) {
      if (this.#clock.now() >= end) return false
      await sleep(this.#clock, POLL_MS)
    }
    return true
  }

  async #chosen(choice: CalibrationChoice): Promise<CalibrationCollection> {
    const collections = await this.collections()
    if ('index' in choice) {
      const collection = collections[choice.index]
      if (collection) return collection
      throw optionFault('index', choice.index, `one of the camera's ${collections.length}, from 0 on`)
    }
    if (typeof choice.lens !== 'string') throw optionFault('lens', choice.lens, "a part of the lens's name")
    return chosenByLens(collections, choice.lens, choice.temperatureC)
  }

  #facts(index: number | undefined, posix: number): CalibrationFacts {
    const file = this.#files.find((file) => file.posix === posix)
    const name = index === undefined ? undefined : this.names.get(index)
    return {
      ...(file?.lens !== undefined && { lens: file.lens }),
      ...(file && { filterWheel: file.filterWheel }),
      ...(file?.temperatureRangeC && { temperatureRangeC: file.temperatureRangeC }),
      ...(name !== undefined && { name }),
    }
  }
}

/** Of those of a lens that hold the temperature the one of the narrowest range. Throws `telops/calibration`. */
export function chosenByLens(
  collections: readonly CalibrationCollection[],
  lens: string,
  temperatureC?: number,
): CalibrationCollection {
  const known = collections.filter((collection) => collection.lens !== undefined)
  if (known.length === 0) {
    throw calibrationFault('of none the lens is known; call loadCalibrationInfo(directory) before')
  }
  const ofLens = known.filter((one) => one.lens!.toLowerCase().includes(lens.toLowerCase()))
  if (ofLens.length === 0) {
    throw calibrationFault(`none is for a lens ${lens}; there are ${listed(known.map((one) => one.lens!))}`)
  }
  const isFor = ({ temperatureRangeC: range }: CalibrationCollection) =>
    temperatureC === undefined ||
    (range !== undefined && range[0] <= temperatureC && temperatureC <= range[1])
  const fitting = ofLens.filter(isFor).sort((a, b) => extent(a) - extent(b))
  if (fitting[0]) return fitting[0]
  const ranges = ofLens.flatMap(({ temperatureRangeC: range }) => (range ? [range.join(' to ')] : []))
  throw calibrationFault(
    `none for the lens ${lens} holds ${temperatureC} degC; there are ${listed(ranges) || 'none with a range'}`,
  )
}

function extent({ temperatureRangeC: range }: CalibrationCollection): number {
  return range ? range[1] - range[0] : Number.POSITIVE_INFINITY
}

function listed(values: readonly string[]): string {
  return [...new Set(values)].join('; ')
}

function typeOf(value: number): CalibrationCollection['type'] {
  const names = Object.keys(CalibrationCollectionType) as (keyof typeof CalibrationCollectionType)[]
  return names.find((name) => CalibrationCollectionType[name] === value) ?? value
}
