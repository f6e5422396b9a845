import type { ResendPolicy } from '../gige-vision/reassembler.js'
import { optionFault } from './faults.js'
import { WANTED_RECEIVE_BUFFER_BYTES } from './receive-buffer.js'

/** How frames are to come from a camera. */
export interface StreamOptions {
  /**
   * Bytes of a whole IP packet, headers included. Default: the largest that gets through, found with test packets and
   * proved with the first frame.
   */
  packetSize?: number
  /** Pause of the camera between two packets, in ns; default 0. Larger where switches or slow hosts lose packets. */
  packetDelayNs?: number
  /**
   * Receive buffer to ask the kernel for, in bytes; default 32 MiB. What it grants is in the statistics; a warning of the
   * process, `FRAMEWIRE_RECEIVE_BUFFER`, says before the first frame where that is too small, and what mends it. One with
   * room for less than 20 ms of a Gigabit link costs more CPU, too.
   */
  receiveBufferBytes?: number
  /** Memory for frames that nobody has read yet, in bytes; default 256 MiB. */
  frameBudgetBytes?: number
  /** Whether and how missing packets are asked for again; default true, where the camera can. */
  resend?: boolean | Partial<ResendPolicy>
  /** Incomplete frames: dropped and counted (default), or handed over with `complete: false` and what is missing. */
  incomplete?: 'drop' | 'deliver'
  /** Byte order in which the camera sends values of 16 bit; default little, the standard's. */
  byteOrder?: 'little' | 'big'
}

/** What a stream session in the capture worker is told. */
export interface StreamSettings {
  /** Bytes of the largest image. */
  payloadBytes: number
  /** Undefined: to be found, of those `packetSizeBelow` alone. */
  packetSize: number | undefined
  packetSizeBelow: number | undefined
  packetDelayNs: number
  /** In its place, in ticks that the camera has for this alone. */
  packetDelayTicks: number | undefined
  receiveBufferBytes: number
  frameBudgetBytes: number
  resend: ResendPolicy | undefined
  incomplete: 'drop' | 'deliver'
  byteOrder: 'little' | 'big'
  /** What makes frames of blocks, by its name in the capture worker. */
  maker: string
  /** Rows above the pixels, which packing workers are not given. */
  headerRows: number
  /**
   * Frames of a recording, as fast as the camera may send them. They may have come before, the same to the time stamp, and
   * are no late packets then; their time stamps say nothing of the clock; what pauses is over.
   */
  recorded: boolean
}

const MiB = 1024 * 1024

/** Packets that were only overtaken need not be asked for; one that was lost should not wait for long. */
const RESEND: ResendPolicy = { firstMs: 2, silentMs: 50, againMs: 15, attempts: 10, perSecond: 10_000 }

/** Options with their defaults. Throws `gige/option`. */
export function streamSettings(
  payloadBytes: number,
  options: StreamOptions = {},
  maker = 'image',
): StreamSettings {
  const { packetSize, packetDelayNs = 0, receiveBufferBytes = WANTED_RECEIVE_BUFFER_BYTES } = options
  const { frameBudgetBytes = 256 * MiB, resend = true, incomplete = 'drop', byteOrder = 'little' } = options
  const whole = (option: string, given: number, least: number, most: number) => {
    if (Number.isInteger(given) && given >= least && given <= most) return
    throw optionFault(option, given, `a whole number from ${least} to ${most}`)
  }
  whole('payloadBytes', payloadBytes, 1, 2 ** 32 - 1)
  if (packetSize !== undefined) whole('packetSize', packetSize, 576, 65_535)
  whole('packetDelayNs', packetDelayNs, 0, 1e9)
  whole('receiveBufferBytes', receiveBufferBytes, 1, 2 ** 30)
  whole('frameBudgetBytes', frameBudgetBytes, 1, 3 * 2 ** 30)
  if (incomplete !== 'drop' && incomplete !== 'deliver') {
    throw optionFault('incomplete', incomplete, "'drop' or 'deliver'")
  }
  if (byteOrder !== 'little' && byteOrder !== 'big') {
    throw optionFault('byteOrder', byteOrder, "'little' or 'big'")
  }
  return {
    payloadBytes,
    packetSize,
    packetSizeBelow: undefined,
    packetDelayNs,
    packetDelayTicks: undefined,
    receiveBufferBytes,
    frameBudgetBytes,
    resend: resend === false ? undefined : { ...RESEND, ...(resend === true ? {} : resend) },
    incomplete,
    byteOrder,
    maker,
    headerRows: 0,
    recorded: false,
  }
}

/** Images in memory at least: one that comes, its successor, and what is on its way out. At most: what a list holds well. */
const [LEAST_BUFFERS, MOST_BUFFERS] = [4, 4096]

/** How many images the memory for frames has room for. */
export function buffersFor({ frameBudgetBytes, payloadBytes }: StreamSettings): number {
  return Math.min(MOST_BUFFERS, Math.max(LEAST_BUFFERS, Math.floor(frameBudgetBytes / payloadBytes)))
}
