import type { GigeSimulatorOptions } from 'framewire/simulator'
import { PAYLOAD_BYTES } from './live.js'

/** A fault of the network that frames are sent through. */
export interface LossCell {
  name: string
  /** Share of packets lost one by one. */
  loss: number
  camera: GigeSimulatorOptions
}

export const FRAMES = 2000
const SEED = 1

/** Images of 24 packets, and ones that no burst of 64 covers. */
const SMALL = { width: 24 * 27, height: 20, fps: 500 }
const LARGE = { width: 27 * 27, height: 120, fps: 250 }
export const packetsOf = ({ width = 0, height = 0 }: GigeSimulatorOptions) =>
  Math.ceil((width * height) / PAYLOAD_BYTES) + 2

const LOSSES = [0.001, 0.01, 0.05, 0.1, 0.2]
/** A burst in two frames of {@link LARGE}. */
const BURSTS = { burstRate: 0.003, burstPackets: 64 }
const REORDER = { reorderPackets: 32 }
const DUPLICATES = { duplicate: 0.05 }

/** Each fault alone, and all of them at each loss. */
export const CELLS: LossCell[] = [
  ...LOSSES.map((loss) => cell(`loss ${100 * loss} %`, loss, SMALL, {})),
  cell('bursts of 64', 0, LARGE, BURSTS),
  cell('reorder window 32', 0, SMALL, REORDER),
  cell('duplicates 5 %', 0, SMALL, DUPLICATES),
  ...LOSSES.map((loss) =>
    cell(`loss ${100 * loss} %, bursts, reorder, duplicates`, loss, LARGE, {
      ...BURSTS,
      ...REORDER,
      ...DUPLICATES,
    }),
  ),
]

function cell(
  name: string,
  loss: number,
  image: GigeSimulatorOptions,
  faults: GigeSimulatorOptions['faults'],
): LossCell {
  return {
    name: `${name}, seed ${SEED}`,
    loss,
    camera: { ...image, seed: SEED, faults: { loss, resendLoss: loss, ...faults } },
  }
}
