import { freeBuffers } from '../core/free.js'
import { FramewireError } from '../errors.js'
import type { Frames, PixelData, Stack } from './stack.js'

/** Frames whose buffers were taken over from the caller. */
export interface OwnFrames {
  frames: Frames
  /** Give the memory back now: the garbage collector would come to buffers of this size late. */
  free(): void
}

/**
 * The same frames, their buffers taken over: the caller's arrays are detached (length 0) and can no longer change what
 * is sent. Nothing is copied. Throws `frames/layout` for buffers that cannot be detached (shared memory, Node's pool).
 */
export function takeOver(frames: Frames): OwnFrames {
  const taken = new Map<ArrayBufferLike, ArrayBuffer>()
  const own = (stack: Stack): Stack => ({ ...stack, data: moved(stack.data, taken) })
  return {
    frames: Array.isArray(frames) ? (frames as readonly Stack[]).map(own) : own(frames as Stack),
    free: () => freeBuffers([...taken.values()]),
  }
}

function moved(data: PixelData, taken: Map<ArrayBufferLike, ArrayBuffer>): PixelData {
  const { buffer, byteOffset, length } = data
  let own = taken.get(buffer)
  if (!own) {
    try {
      own = structuredClone(buffer, { transfer: [buffer as ArrayBuffer] }) as ArrayBuffer
    } catch (cause) {
      throw new FramewireError(
        'frames/layout',
        'The buffer of these frames cannot be taken over (shared memory, a small Buffer of the pool, or detached before). Push without transfer, or a copy.',
        { reason: 'buffer cannot be transferred' },
        { cause },
      )
    }
    taken.set(buffer, own)
  }
  const View = data.constructor as new (buffer: ArrayBuffer, offset: number, length: number) => PixelData
  // Node's Buffer is a Uint8Array whose constructor is deprecated.
  return data instanceof Uint8Array
    ? new Uint8Array(own, byteOffset, length)
    : new View(own, byteOffset, length)
}
