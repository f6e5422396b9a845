import type { GigeSimulatorOptions } from 'framewire/simulator'

/** A fault of the network that frames are sent through. */
export interface LossCell {
  name: string
  /** Share of packets lost one by one. */
  loss: number
  camera: GigeSimulatorOptions
}

export const FRAMES = 2000
const SEED = 1

/** Images of 24 packets, and ones of 162, which no burst covers; 540 bytes in each. */
const SMALL = { width: 24 * 27, height: 20, fps: 500 }
const LARGE = { width: 27 * 27, height: 120, fps: 250 }

const LOSSES = [0.001, 0.01, 0.05, 0.1, 0.2]
/** One in every second image of 162 packets. */
const BURSTS = { burstRate: 0.003, burstPackets: 64 }
const REORDER = { reorderPackets: 32 }
const DUPLICATES = { duplicate: 0.05 }

/** Simulated cameras share few processors with everything else: one that is not let run is silent for longer than any real one. */
export const PATIENCE = { silentMs: 300, attempts: 40 }

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
  more: GigeSimulatorOptions['faults'],
): LossCell {
  const faults = { loss, resendLoss: loss, ...more }
  return {
    name: `${name}, seed ${SEED}`,
    loss,
    // Room for as long as anybody asks.
    camera: { ...image, seed: SEED, ringFrames: 1024, faults },
  }
}
