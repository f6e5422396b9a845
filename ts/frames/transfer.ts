import { freeBuffers } from '../core/free.js'
import { FramewireError } from '../errors.js'
import { type FrameRun, type Frames, frameRun, type Stack } from './stack.js'

/** Frames whose buffers were taken over from the caller. */
export interface OwnFrames {
  /** The frames, on a later turn: their pixels are on the way. */
  run: Promise<FrameRun>
  /** Give the memory back as soon as it is here: the garbage collector would come to buffers of this size late. */
  free(): void
}

/**
 * Take the buffers of checked frames over: the caller's arrays are detached (length 0) at once and can no longer change
 * what is sent. Nothing is copied. The pixels travel through a port, because memory of this size that comes to the heap
 * can run the garbage collector, and that shall not hold the caller up.
 *
 * Throws `frames/layout` for buffers that cannot be detached (shared memory, Node's pool, or detached before).
 */
export function takeOver(frames: Frames): OwnFrames {
  const buffers = buffersOf(frames)
  const { port1, port2 } = new MessageChannel()
  // With a listener the port keeps a Node process alive, until the message is here.
  const arrived = new Promise<Frames>((resolve) => {
    port2.onmessage = ({ data }) => {
      port2.close()
      resolve(data as Frames)
    }
  })
  try {
    if (buffers.some(isDetached)) throw new TypeError('a buffer was detached before')
    port1.postMessage(described(frames), buffers)
    // Node before 21 copies what it cannot detach.
    if (!buffers.every(isDetached)) throw new TypeError('a buffer cannot be detached')
  } catch (cause) {
    port2.close()
    throw new FramewireError(
      'frames/layout',
      'The buffer of these frames cannot be taken over (shared memory, a small Buffer of the pool, or detached before). Push without transfer, or a copy.',
      { reason: 'buffer cannot be transferred' },
      { cause },
    )
  }
  return {
    run: arrived.then(frameRun),
    free: () => void arrived.then((own) => freeBuffers(buffersOf(own))),
  }
}

/** What the frames are, apart from objects that stay the caller's: they may be changed, or hold what cannot travel. */
function described(frames: Frames): Frames {
  const one = ({ data, shape, strides, dtype, order, byteOrder, channels, bits }: Stack): Stack => ({
    data,
    shape: [...shape],
    strides: strides && [...strides],
    dtype,
    order,
    byteOrder,
    channels,
    bits,
  })
  return Array.isArray(frames) ? stacksOf(frames).map(one) : one(frames as Stack)
}

/** The buffers of all stacks, each once. */
function buffersOf(frames: Frames): ArrayBuffer[] {
  return [...new Set(stacksOf(frames).map(({ data }) => data.buffer as ArrayBuffer))]
}

function stacksOf(frames: Frames): readonly Stack[] {
  return Array.isArray(frames) ? frames : [frames as Stack]
}

function isDetached({ byteLength }: ArrayBuffer): boolean {
  return byteLength === 0
}
