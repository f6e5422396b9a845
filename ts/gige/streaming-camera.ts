import { type Thread, transferred } from '../core/thread.js'
import { isFramewireError } from '../errors.js'
import type { CaptureStage } from './capture/stage.js'
import { warnOfReceiveBuffer } from './receive-buffer-warning.js'
import type { StandardFeatures } from './standard-features.js'
import type { StreamStatistics } from './statistics.js'
import type { StreamSettings } from './stream-options.js'
import type { StreamingCamera } from './stream-run.js'

/** What runs a command in a camera's capture worker. */
export type RunCommand = <T>(run: (stage: Thread<CaptureStage>['commands']) => Promise<T>) => Promise<T>

/** What a camera's frames are. */
export type FrameKind<F extends Disposable> = Pick<StreamingCamera<F>, 'maker' | 'make' | 'headerRows'>

/** How a camera is started and stopped. */
export interface AcquiringCamera
  extends Pick<EventTarget, 'addEventListener'>,
    Pick<
      StandardFeatures,
      'frameRate' | 'payloadBytes' | 'isTriggered' | 'acquisitionStart' | 'acquisitionStop'
    > {
  readonly address: string
  /** What its packet delay was set to, in ticks of its own; undefined where nobody did. */
  readonly packetDelayTicks?: number | undefined
  /** Called with what came of each stream. */
  streamed?(statistics: StreamStatistics): void
}

/**
 * A camera as acquisitions use it: its features here, its stream in the capture worker. `isLookedFor`: it comes back by
 * itself when it was lost.
 */
export function streamingCamera<F extends Disposable>(
  camera: AcquiringCamera,
  frames: FrameKind<F>,
  command: RunCommand,
  isLookedFor: boolean,
): StreamingCamera<F> {
  let returns = 0
  const delayed = (settings: StreamSettings): StreamSettings => {
    const { packetDelayTicks } = camera
    return packetDelayTicks === undefined ? settings : { ...settings, packetDelayTicks }
  }
  camera.addEventListener('reconnected', () => returns++)
  return {
    ...frames,
    get returns() {
      return returns
    },
    comeBack(before) {
      if (!isLookedFor) return undefined
      const back = new Promise<void>((resolve) => {
        if (returns > before) resolve()
        else camera.addEventListener('reconnected', () => resolve(), { once: true })
      })
      return back.then(async () => {
        try {
          await camera.acquisitionStop()
        } catch (error) {
          // Whoever was not acquiring may refuse; whoever is gone again is met at the next command.
          if (!isFramewireError(error)) throw error
        }
      })
    },
    get address() {
      return camera.address
    },
    payloadBytes: () => camera.payloadBytes(),
    isTriggered: () => camera.isTriggered(),
    startAcquisition: () => camera.acquisitionStart(),
    stopAcquisition: () => camera.acquisitionStop(),
    async startStream(wanted, port) {
      const settings = delayed(wanted)
      const statistics = await command((stage) => stage.startStream(settings, transferred(port)))
      await warnOfReceiveBuffer(camera, settings, statistics)
      return statistics
    },
    async startPacking(wanted, order, port) {
      const settings = delayed(wanted)
      const statistics = await command((stage) => stage.startPacking(settings, order, transferred(port)))
      await warnOfReceiveBuffer(camera, settings, statistics)
      return statistics
    },
    packetSizeProof: (timeoutMs) => command((stage) => stage.packetSizeProof(timeoutMs)),
    streamStatistics: () => command((stage) => stage.streamStatistics()),
    async stopStream() {
      const statistics = await command((stage) => stage.stopStream())
      camera.streamed?.(statistics)
      return statistics
    },
  }
}
