import type { Conversion, Core } from '../core/core.js'
import type { FrameSource } from '../frames/source.js'
import { frameRun } from '../frames/stack.js'
import type { FrameReference } from '../store/verify.js'

/**
 * The frames of a recording as a stream carries them: 8-bit gray. What is that already is not touched; the rest goes
 * through the core's own conversion.
 */
export function preparedFrames(source: FrameSource, conversion: Conversion, core: Core): FrameReference {
  return {
    frames: source.frames,
    async pixels(start, count) {
      const run = frameRun(await source.read(start, count))
      const { format, height, width } = run
      const pixels = new Uint8Array(count * height * width)
      const frame = new Uint8Array(run.bytesPerFrame)
      for (let i = 0; i < count; i++) {
        run.copyFrame(i, frame)
        const gray =
          format === 'u8'
            ? frame
            : core.unpack(core.pack(frame, format, height, width, conversion).data, i, height, width)
        pixels.set(gray, i * height * width)
      }
      return pixels
    },
  }
}
