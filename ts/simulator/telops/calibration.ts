import { Status } from '../../gige-vision/bootstrap.js'
import { type CameraRegisters, within } from './registers.js'

/** Collections of calibration blocks that are in a simulated Telops camera, by the POSIX times that name them. */
export const CALIBRATIONS: readonly { posix: number; blocks: readonly number[] }[] = [
  { posix: 1_700_000_000, blocks: [1_700_000_001, 1_700_000_002, 1_700_000_003] },
  { posix: 1_710_000_000, blocks: [1_710_000_001, 1_710_000_002] },
]

/** The registers that list and load calibrations. The first one is loaded at first. */
export function layCalibration(registers: CameraRegisters): { load(): void } {
  let active: { collection: (typeof CALIBRATIONS)[number]; block: number }
  const load = () => {
    const [collection] = CALIBRATIONS
    active = { collection: collection!, block: collection!.blocks[0]! }
  }
  load()
  const collection = () => CALIBRATIONS[registers.get('CalCollectionSelector')]!
  const blocks = () => collection().blocks
  registers.reading('CalCollectionCount', () => CALIBRATIONS.length)
  registers.setting('CalCollectionSelector', 0, {
    refuses: within(0, CALIBRATIONS.length - 1),
    changed: () => registers.set('CalBlockSelector', 0),
  })
  registers.reading('CalCollectionType', () => 0)
  registers.define('CalCollectionPosix', {
    read: () => collection().posix,
    write: (posix) => select('CalCollectionSelector', CALIBRATIONS.map((one) => one.posix).indexOf(posix)),
  })
  registers.command('CalCollectionLoad', () => {
    active = { collection: collection(), block: blocks()[0]! }
  })
  registers.reading('CalBlockCount', () => blocks().length)
  registers.setting('CalBlockSelector', 0, { refuses: (index) => within(0, blocks().length - 1)(index) })
  registers.define('CalBlockPosix', {
    read: () => blocks()[registers.get('CalBlockSelector')]!,
    write: (posix) => select('CalBlockSelector', blocks().indexOf(posix)),
  })
  registers.command('CalBlockLoad', () => {
    if (active.collection !== collection()) return Status.error
    active.block = blocks()[registers.get('CalBlockSelector')]!
    return undefined
  })
  registers.reading('CalActiveType', () => 0)
  registers.reading('CalActivePosix', () => active.collection.posix)
  registers.reading('CalActiveBlockPosix', () => active.block)
  return { load }

  function select(selector: 'CalCollectionSelector' | 'CalBlockSelector', index: number) {
    if (index < 0) return Status.invalidParameter
    registers.set(selector, index)
    if (selector === 'CalCollectionSelector') registers.set('CalBlockSelector', 0)
    return undefined
  }
}
