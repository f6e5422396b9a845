import { FramewireError } from '../../errors.js'
import type { Finding } from '../../gige/doctor/finding.js'
import type { PacketSizeProbe } from './packet-size-probe.js'
import type { ConnectionTrial } from './ranking.js'
import type { ConnectionSetting, TunedCamera } from './tunable-camera.js'

/** What `tuneConnection` found. */
export interface ConnectionFindings {
  /** What to download with; undefined where no packet gets through. */
  recommended: ConnectionSetting | undefined
  /** Downloads that were tried, the best first. */
  sweep: readonly ConnectionTrial[]
  /** Packet sizes that were tried, the largest first. */
  probe: readonly PacketSizeProbe[]
  /** What costs speed or frames, and the commands that mend it. */
  warnings: readonly Finding[]
}

/** How a camera's connection is used best. */
export class ConnectionReport implements ConnectionFindings {
  readonly recommended: ConnectionSetting | undefined
  readonly sweep: readonly ConnectionTrial[]
  readonly probe: readonly PacketSizeProbe[]
  readonly warnings: readonly Finding[]

  /** @internal */
  constructor({ recommended, sweep, probe, warnings }: ConnectionFindings) {
    this.recommended = recommended
    this.sweep = sweep
    this.probe = probe
    this.warnings = warnings
  }

  /** Have a camera use what is recommended from its next download on. Throws `telops/no-recommendation`. */
  apply(camera: TunedCamera): void {
    if (!this.recommended) {
      throw new FramewireError(
        'telops/no-recommendation',
        'No packet got through, so nothing can be recommended. Mend what the warnings of the report name, and tune again.',
        {},
      )
    }
    const { packetSize, bitrateMbps, receiveBufferBytes } = this.recommended
    camera.useConnection(packetSize, bitrateMbps, receiveBufferBytes)
  }

  /** What was tried, as tables; then the recommendation and the warnings. */
  toString(): string {
    const { recommended } = this
    const sizes = rightAligned([
      ['Packet size', 'Carried', 'Incomplete'],
      ...this.probe.map(({ packetSize, isCarried, nIncomplete, nFrames }) => [
        `${packetSize}`,
        isCarried ? 'yes' : 'no',
        `${nIncomplete} of ${nFrames}`,
      ]),
    ])
    const trials = rightAligned([
      ['Packet size', 'Mbit/s', 'Buffer', 'Incomplete', 'Stride gaps', 'MB/s'],
      ...this.sweep.map((trial) => [
        `${trial.packetSize}`,
        `${trial.bitrateMbps}`,
        mebibytes(trial.receiveBufferBytes),
        `${trial.nIncomplete} of ${trial.nFrames}`,
        `${trial.nStrideGaps}`,
        trial.throughputMBps.toFixed(1),
      ]),
    ])
    const advice = recommended
      ? `Recommended: packets of ${recommended.packetSize} bytes, ${recommended.bitrateMbps} Mbit/s, ` +
        `receive buffer ${mebibytes(recommended.receiveBufferBytes)}`
      : 'Recommended: nothing, for no packet gets through'
    const warnings = this.warnings.map(({ level, subject, name, check, message, fix }) => {
      const what = [name ?? subject, check.replace('-', ' ')].join(', ')
      return `${level}: ${what}: ${message}${fix ? `\n  $ ${fix}` : ''}`
    })
    return [sizes, ...(this.sweep.length > 0 ? [trials] : []), [advice, ...warnings].join('\n')].join('\n\n')
  }

  /** The same as plain values. */
  toJSON(): ConnectionFindings {
    const { recommended, sweep, probe, warnings } = this
    return { recommended, sweep, probe, warnings }
  }
}

/** Rows of figures, under the heading that the first one is. */
function rightAligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) => row.map((text, column) => text.padStart(widths[column]!)).join('  ')).join('\n')
}

function mebibytes(bytes: number): string {
  return `${Number((bytes / 2 ** 20).toFixed(1))} MiB`
}
