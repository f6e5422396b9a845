import type { GigeVision } from '../../gige-vision/gige-vision.js'

/** The stage inside a capture worker: one camera's control channel, its heartbeat and its stream. */
export class CaptureStage {
  constructor(_gige: GigeVision) {}
}
