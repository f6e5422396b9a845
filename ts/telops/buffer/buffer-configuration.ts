import { hasCode } from '../../errors.js'
import { type Clock, sleep } from '../../upload/clock.js'
import { MemoryBufferMOISource, MemoryBufferMode } from '../enumerations.js'
import { optionFault } from '../faults.js'
import { choiceOf } from '../named-choice.js'
import type { RegisterAccess } from '../register-access.js'
import type { RegisterName } from '../registers.js'
import type { Warn } from '../warnings.js'

/** What the moment of interest is told by. */
export const MOI_SOURCES = {
  software: MemoryBufferMOISource.SOFTWARE,
  external: MemoryBufferMOISource.EXTERNAL_SIGNAL,
  acquisitionStarted: MemoryBufferMOISource.ACQUISITION_STARTED,
  none: MemoryBufferMOISource.NONE,
} as const

/** How the camera's buffer is divided. */
export interface BufferConfiguration {
  /** Sequences to record one after another. */
  nSequences: number
  /** Frames of each. */
  framesPerSequence: number
  /** How many of them lie before the moment of interest. */
  preMoi: number
  /**
   * What the moment of interest is told by: `bufferFireMoi` (`software`), the BNC connector (`external`), the start
   * itself, or nothing: until it is full.
   */
  moiSource: keyof typeof MOI_SOURCES
}

/** How the buffer shall be divided; give either `framesPerSequence` (default 100) or `durationSeconds`. */
export interface BufferOptions {
  /** 1 (default) or more, as many as the camera can have. */
  nSequences?: number
  /** 1 or more, as many as the camera has room for with that many sequences. */
  framesPerSequence?: number
  /** Instead, for how long at the frame rate of now. */
  durationSeconds?: number
  /** Frames before the moment of interest, 0 (default) to all of them. */
  preMoi?: number
  /** Default `software`. */
  moiSource?: BufferConfiguration['moiSource']
}

const DEFAULT_FRAMES = 100
/** What a register holds at most. */
const MOST = 2 ** 32 - 1
/** What a camera in a stale state needs between two steps, in ms. */
const SETTLE_MS = 300

/** What these options come to. Rejects with `telops/option`. */
export async function checkedBuffer(
  registers: RegisterAccess,
  { nSequences = 1, framesPerSequence, durationSeconds, preMoi = 0, moiSource = 'software' }: BufferOptions,
): Promise<BufferConfiguration> {
  choiceOf('moiSource', MOI_SOURCES, moiSource)
  const mostSequences = await limit(registers, 'MemoryBufferNumberOfSequencesMax')
  whole('nSequences', nSequences, 1, mostSequences)
  whole('preMoi', preMoi, 0, MOST)
  let frames = framesPerSequence ?? DEFAULT_FRAMES
  if (durationSeconds !== undefined) {
    if (framesPerSequence !== undefined) {
      throw optionFault('durationSeconds', durationSeconds, 'either it or framesPerSequence')
    }
    if (!(durationSeconds > 0)) throw optionFault('durationSeconds', durationSeconds, 'seconds above 0')
    frames = Math.round(durationSeconds * (await registers.read('AcquisitionFrameRate')))
    if (frames === 0) throw optionFault('durationSeconds', durationSeconds, 'at least the time of one frame')
  }
  // The limit of a sequence that the camera tells is that of as many sequences as it has now.
  const mostFrames = Math.floor((await limit(registers, 'MemoryBufferNumberOfImagesMax')) / nSequences)
  const option = durationSeconds === undefined ? 'framesPerSequence' : 'frames in durationSeconds'
  whole(option, frames, 1, mostFrames, nSequences > 1 ? ` each in ${nSequences} sequences` : '')
  if (preMoi > frames) throw optionFault('preMoi', preMoi, `at most the ${frames} frames of a sequence`)
  return { nSequences, framesPerSequence: frames, preMoi, moiSource }
}

/** Switch the buffer on and divide it; what the camera made of it, which is warned of where it is less. */
export async function divideBuffer(
  registers: RegisterAccess,
  clock: Clock,
  warn: Warn,
  wanted: BufferConfiguration,
): Promise<BufferConfiguration> {
  await switchOn(registers, clock)
  await registers.write('MemoryBufferNumberOfSequences', wanted.nSequences)
  await registers.write('MemoryBufferSequenceSize', wanted.framesPerSequence)
  await registers.write('MemoryBufferSequencePreMOISize', wanted.preMoi)
  await registers.write('MemoryBufferMOISource', MOI_SOURCES[wanted.moiSource])
  const made: BufferConfiguration = {
    nSequences: await registers.read('MemoryBufferNumberOfSequences'),
    framesPerSequence: await registers.read('MemoryBufferSequenceSize'),
    preMoi: await registers.read('MemoryBufferSequencePreMOISize'),
    moiSource: wanted.moiSource,
  }
  for (const name of ['nSequences', 'framesPerSequence', 'preMoi'] as const) {
    if (made[name] === wanted[name]) continue
    warn('FRAMEWIRE_TELOPS_CLAMPED', `The buffer took ${name} ${made[name]} instead of ${wanted[name]}.`)
  }
  return made
}

/** One in a stale state refuses, until it was emptied and switched off. */
async function switchOn(registers: RegisterAccess, clock: Clock): Promise<void> {
  const on = () => registers.write('MemoryBufferMode', MemoryBufferMode.ON)
  try {
    return await on()
  } catch (error) {
    if (!hasCode(error, 'telops/refused')) throw error
  }
  await registers.execute('AcquisitionStop')
  await sleep(clock, SETTLE_MS)
  await registers.execute('MemoryBufferSequenceClearAll')
  await sleep(clock, SETTLE_MS)
  await registers.write('MemoryBufferMode', MemoryBufferMode.OFF)
  await sleep(clock, SETTLE_MS)
  await on()
}

/** What this camera says that it takes at most. One whose buffer is off may not tell. */
async function limit(registers: RegisterAccess, name: RegisterName): Promise<number> {
  return (await registers.read(name)) || MOST
}

function whole(option: string, given: number, least: number, most: number, where = ''): void {
  if (Number.isInteger(given) && given >= least && given <= most) return
  throw optionFault(option, given, `a whole number from ${least} to ${most}${where}`)
}
