import { hasCode } from '../../errors.js'
import { wide } from '../clock.js'
import { MemoryBufferStatus } from '../enumerations.js'
import { noSequenceFault } from '../faults.js'
import type { RegisterAccess } from '../register-access.js'

/** What the buffer does, by the camera's own names. */
export type BufferStatus = Exclude<keyof typeof MemoryBufferStatus, 'REFRESH'>

/** What there is in the camera's buffer. */
export interface BufferInfo {
  status: BufferStatus
  /** Sequences that it is divided into. */
  nSequences: number
  /** Frames that were recorded, of each sequence; 0 where the camera does not tell, as while it records. */
  recorded: number[]
  totalBytes: number
  freeBytes: number
}

/** One sequence in the camera's buffer. */
export interface BufferSequence {
  /** Frames that were recorded. */
  frames: number
  /** Number of its first frame, as in that frame's header. */
  firstFrameId: number
  /** Number of the frame of the moment of interest. */
  moiFrameId: number
  /** Size of the frames as the camera tells it, rows of the header included. */
  width: number
  height: number
  offsetX: number
  offsetY: number
}

/** What the buffer does now. */
export async function bufferStatus(registers: RegisterAccess): Promise<BufferStatus> {
  return registers.inTurn('MemoryBufferStatus', async () => {
    try {
      await registers.write('MemoryBufferStatus', MemoryBufferStatus.REFRESH)
    } catch (error) {
      // Some keep it up to date by themselves.
      if (!hasCode(error, 'telops/refused')) throw error
    }
    return registers.choice('MemoryBufferStatus', STATUSES)
  })
}

const { REFRESH: _, ...STATUSES } = MemoryBufferStatus

/** Everything about the buffer. */
export async function bufferInfo(registers: RegisterAccess): Promise<BufferInfo> {
  const status = await bufferStatus(registers)
  const nSequences = await registers.read('MemoryBufferNumberOfSequences')
  return {
    status,
    nSequences,
    recorded: await recordedFrames(registers, nSequences),
    totalBytes: Number(await wide(registers, 'MemoryBufferTotalSpaceHigh', 'MemoryBufferTotalSpaceLow')),
    freeBytes: Number(await wide(registers, 'MemoryBufferFreeSpaceHigh', 'MemoryBufferFreeSpaceLow')),
  }
}

/** Frames that were recorded, of each of so many sequences. */
export async function recordedFrames(registers: RegisterAccess, nSequences: number): Promise<number[]> {
  const recorded: number[] = []
  for (let sequence = 0; sequence < nSequences; sequence++) {
    const frames = registers.select('MemoryBufferSequenceSelector', sequence, () =>
      registers.read('MemoryBufferSequenceRecordedSize'),
    )
    recorded.push(
      await frames.catch((error) => {
        if (hasCode(error, 'telops/refused')) return 0
        throw error
      }),
    )
  }
  return recorded
}

/** Ask for something of one sequence. Rejects with `telops/no-sequence` where there is none such. */
export async function ofSequence<T>(
  registers: RegisterAccess,
  sequence: number,
  read: () => Promise<T>,
): Promise<T> {
  const sequences = await registers.read('MemoryBufferNumberOfSequences')
  if (!(Number.isInteger(sequence) && sequence >= 0 && sequence < sequences)) {
    throw noSequenceFault(sequence, sequences)
  }
  return registers.select('MemoryBufferSequenceSelector', sequence, read)
}

/** Everything about one sequence. Rejects as `ofSequence`. */
export async function bufferSequence(registers: RegisterAccess, sequence: number): Promise<BufferSequence> {
  return ofSequence(registers, sequence, async () => ({
    frames: await registers.read('MemoryBufferSequenceRecordedSize'),
    firstFrameId: await registers.read('MemoryBufferSequenceFirstFrameID'),
    moiFrameId: await registers.read('MemoryBufferSequenceMOIFrameID'),
    width: await registers.read('MemoryBufferSequenceWidth'),
    height: await registers.read('MemoryBufferSequenceHeight'),
    offsetX: await registers.read('MemoryBufferSequenceOffsetX'),
    offsetY: await registers.read('MemoryBufferSequenceOffsetY'),
  }))
}
