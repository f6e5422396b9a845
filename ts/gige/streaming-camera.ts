import { type Thread, transferred } from '../core/thread.js'
import type { StreamingCamera } from './acquisition.js'
import type { CaptureStage } from './capture/stage.js'
import type { PackingCamera } from './live-source.js'
import type { StandardFeatures } from './standard-features.js'

/** What runs a command in a camera's capture worker. */
export type RunCommand = <T>(run: (stage: Thread<CaptureStage>['commands']) => Promise<T>) => Promise<T>

/** A camera as acquisitions use it: its features here, its stream in the capture worker. */
export function streamingCamera(
  camera: StandardFeatures & { readonly address: string },
  command: RunCommand,
): StreamingCamera & PackingCamera {
  return {
    get address() {
      return camera.address
    },
    payloadBytes: () => camera.payloadBytes(),
    isTriggered: () => camera.isTriggered(),
    startAcquisition: () => camera.acquisitionStart(),
    stopAcquisition: () => camera.acquisitionStop(),
    startStream: (settings, port) => command((stage) => stage.startStream(settings, transferred(port))),
    startPacking: (settings, order, port) =>
      command((stage) => stage.startPacking(settings, order, transferred(port))),
    packetSizeProof: (timeoutMs) => command((stage) => stage.packetSizeProof(timeoutMs)),
    streamStatistics: () => command((stage) => stage.streamStatistics()),
    stopStream: () => command((stage) => stage.stopStream()),
  }
}
