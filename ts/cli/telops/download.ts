import { stat } from 'node:fs/promises'
import { type DownloadStatistics, hasCode, type TelopsCamera } from '../../telops.js'
import { mustBeNew } from '../new-file.js'
import { failed, type Outcome, usage } from '../outcome.js'
import type { Output } from '../output.js'
import { identified, interruptibleTelops, type TelopsOptions } from './camera.js'
import { DownloadBar } from './download-bar.js'
import type { UnitOptions } from './grab.js'
import { incompleteText } from './incomplete.js'

/** What the command line says of a download. */
export interface DownloadCommandOptions extends TelopsOptions, UnitOptions {
  out: string
  sequence: number
  first: number
  count?: number
  packetSize?: number
  bitrate?: number
  retries: number
  resend?: boolean
  maxDropped: number
  resume?: boolean
}

const RESUME_HINT = 'What came is kept. Give the same line with --resume to go on.'

/** `framewire telops download -o FILE`: a recorded sequence, into a file. */
export async function download(options: DownloadCommandOptions, output: Output): Promise<Outcome> {
  const { out, resume } = options
  if (!/\.(npy|zarr)$/.test(out)) throw usage('--out must end in .npy or .zarr.')
  if (!resume) await mustBeNew(out)
  return interruptibleTelops(
    options,
    output,
    'stopping; what came is kept.',
    async (camera, signal, exitCode): Promise<Outcome> => {
      const about = { ...identified(camera), out }
      try {
        const statistics = await downloaded(camera, options, output, signal)
        return {
          exitCode: 0,
          value: { ...about, statistics: plain(statistics) },
          text: closing(statistics),
        }
      } catch (error) {
        const hint = (await isBegun(out, error)) ? RESUME_HINT : undefined
        if (signal.aborted) {
          return { exitCode: exitCode(), value: { ...about, interrupted: true, hint }, text: hint ?? '' }
        }
        if (!hasCode(error, 'telops/frame-integrity')) return failed(error, { ...about, hint }, hint)
        const statistics = error.details.stats as DownloadStatistics
        const text = closing(statistics) + (hint ? `\n${hint}` : '')
        return failed(error, { ...about, hint, statistics: plain(statistics) }, text)
      }
    },
  )
}

/** Whether there is a download to go on with, which this error did not keep from beginning. */
async function isBegun(out: string, error: unknown): Promise<boolean> {
  if (failed(error).exitCode === 2) return false
  if (hasCode(error, 'telops/resume') || hasCode(error, 'telops/no-frames')) return false
  return (await stat(`${out}.download`).catch(() => undefined)) !== undefined
}

async function downloaded(
  camera: TelopsCamera,
  {
    out,
    sequence,
    first,
    count,
    packetSize,
    bitrate,
    retries,
    resend,
    maxDropped,
    raw,
    resume,
  }: DownloadCommandOptions,
  output: Output,
  signal: AbortSignal,
): Promise<DownloadStatistics> {
  const bar = new DownloadBar(output)
  try {
    return await camera.bufferDownloadTo(out, {
      sequence,
      first,
      count,
      packetSize,
      bitrateMbps: bitrate,
      retries,
      resend,
      maxDroppedFrames: maxDropped,
      convert: !raw,
      resume,
      signal,
      onProgress: (progress) => bar.update(progress),
    })
  } finally {
    bar.end()
  }
}

/** The lines that a download ends with. */
export function closing(statistics: DownloadStatistics): string {
  const { nFrames, nBefore, nIncomplete, elapsedSeconds, throughputMBps } = statistics
  const came = nFrames - nBefore - nIncomplete
  const rates = `${Math.round(came / elapsedSeconds)} fps, ${throughputMBps.toFixed(1)} MB/s`
  const before = nBefore > 0 ? `; ${nBefore} were there before` : ''
  const lines = [
    `Downloaded ${came} frames in ${secondsText(elapsedSeconds)} s (${rates})${before}`,
    checkText(statistics),
    nIncomplete > 0 && 'Pixels that never came are NaN, or 0 where values are counts.',
  ]
  return lines.filter((line) => line !== false).join('\n')
}

/** To a tenth, and what is less to two digits: no time is 0.0 s. */
function secondsText(seconds: number): string {
  return seconds < 0.95 ? String(Number(seconds.toPrecision(2))) : seconds.toFixed(1)
}

function checkText(statistics: DownloadStatistics): string {
  const { nFrames, nIncomplete, nStrideGaps, values } = statistics
  const verdict =
    nIncomplete > 0
      ? incompleteText(statistics)
      : `${nStrideGaps > 0 ? `${nStrideGaps} gaps in time` : 'OK'}, ${nFrames} frames`
  if (!values) return `Data check: ${verdict}`
  const { min, max, mean } = values
  return `Data check: ${verdict}, range [${number(min)}, ${number(max)}], mean ${mean.toFixed(1)}`
}

/** Counts as they are, temperatures to a tenth. */
function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1)
}

/** Statistics as JSON has them. */
function plain({ perFrameMissing, ...statistics }: DownloadStatistics): object {
  return { ...statistics, perFrameMissing: Object.fromEntries(perFrameMissing) }
}
