import type { LossyDownload } from './lossy-download.js'

/** A kind of network to download through. */
export interface LossCell extends Omit<LossyDownload, 'frames'> {
  name: string
  mtu: 1500 | 9000
  isLossFree: boolean
  /** Every frame has to come whole. */
  isRecoverable: boolean
}

const SEED = 1
/** 23 packets of pixels at MTU 1500, 4 at 9000. */
const MEDIUM: LossyDownload['resolution'] = [128, 128]
/** One packet of pixels at MTU 9000: of three packets one is a leader, one a trailer. */
const SMALL: LossyDownload['resolution'] = [64, 64]

const LOSSES = [0, 0.001, 0.01, 0.05, 0.1]
const BURSTS = { burstRate: 0.001, burstPackets: 64 }
const REORDER = { reorderPackets: 16 }
const DUPLICATES = { duplicate: 0.05 }

type Faults = LossyDownload['faults']

function cell(
  name: string,
  faults: Faults,
  mtu: LossCell['mtu'],
  resend: boolean,
  { resolution = MEDIUM, retries }: { resolution?: LossyDownload['resolution']; retries?: number } = {},
): LossCell {
  return {
    name: `${name}, MTU ${mtu}, resends ${resend ? 'on' : 'off'}, seed ${SEED}`,
    mtu,
    resolution,
    seed: SEED,
    faults,
    isLossFree: Object.keys(faults).length === 0,
    isRecoverable: retries === undefined,
    options: { packetSize: mtu, resend, ...(retries !== undefined && { retries }) },
  }
}

/** Packets that are asked for again are lost as often as others. */
const losing = (loss: number): Faults => (loss === 0 ? {} : { loss, resendLoss: loss })
const percent = (loss: number) => `loss ${100 * loss} %`
const all = (loss: number): Faults => ({ ...losing(loss), ...BURSTS, ...REORDER, ...DUPLICATES })

/** Few, for every day. */
export const SELECTED: LossCell[] = [
  cell(percent(0), losing(0), 1500, true),
  cell(percent(0), losing(0), 9000, true),
  cell(percent(0.001), losing(0.001), 1500, true),
  cell(percent(0.01), losing(0.01), 1500, true),
  cell(percent(0.01), losing(0.01), 1500, false),
  cell(percent(0.05), losing(0.05), 9000, false),
  cell(percent(0.1), losing(0.1), 1500, true),
  cell(percent(0.1), losing(0.1), 1500, false),
  cell('bursts of 64', BURSTS, 1500, false),
  cell('reorder window 16', REORDER, 1500, true),
  cell(`${percent(0.01)}, bursts, reorder, duplicates`, all(0.01), 1500, true),
  cell(`${percent(0.1)} of leaders and trailers, too`, losing(0.1), 9000, false, { resolution: SMALL }),
  cell(`${percent(0.1)}, one pass more`, losing(0.1), 1500, false, { retries: 1 }),
]

/** Everything with everything. */
export const TABLE: LossCell[] = ([1500, 9000] as const).flatMap((mtu) =>
  [true, false].flatMap((resend) => [
    ...LOSSES.map((loss) => cell(percent(loss), losing(loss), mtu, resend)),
    cell('bursts of 64', BURSTS, mtu, resend),
    cell('reorder window 16', REORDER, mtu, resend),
    cell('duplicates 5 %', DUPLICATES, mtu, resend),
    ...LOSSES.map((loss) => cell(`${percent(loss)}, all of these`, all(loss), mtu, resend)),
    ...LOSSES.slice(1).map((loss) =>
      cell(`${percent(loss)}, one pass more`, losing(loss), mtu, resend, { retries: 1 }),
    ),
    ...LOSSES.slice(1).map((loss) =>
      cell(`${percent(loss)} of leaders and trailers, too`, losing(loss), mtu, resend, { resolution: SMALL }),
    ),
  ]),
)
