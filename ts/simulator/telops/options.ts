import { z } from 'zod'
import {
  faultsSchema,
  ms,
  probability,
  type SimulatorFaults,
  type SimulatorOptions,
  simulatorSchema,
} from '../options.js'

/** What goes wrong with a simulated Telops camera. */
export interface TelopsFaults extends SimulatorFaults {
  /** A moment begins, with so much probability at each write of one of its own registers, in which all of them fail (GENERIC_ERROR). */
  genericError?: number
  /** Ms that such a moment takes. Default 500. */
  genericErrorMs?: number
  /** A download goes on for so many ms after it was told to stop, or has sent what was asked for; what is sent meanwhile may belong to the next one's session. */
  lateStopMs?: number
  /** The buffer cannot be turned on until everything in it was cleared. */
  staleBuffer?: boolean
}

/** Options of {@link createTelopsSimulator}. */
export interface TelopsSimulatorOptions extends SimulatorOptions {
  faults?: TelopsFaults
  /** Ms that it takes to cool down when it is switched on. Default 0; real cameras take minutes. */
  coolingMs?: number
  /** Ms from standby to power and back. Default 0. */
  powerTransitionMs?: number
  /** Ms that a correction of images (NUC) takes. Default 500. */
  imageCorrectionMs?: number
  /** Ms between two changes of the size on which it hangs until it is switched off and on; 0 for never. Default 900. */
  resolutionHangMs?: number
  /** Ms after the start of an armed acquisition in which nothing is recorded. Default 2022. */
  ringDeadMs?: number
  /** Ms after AcquisitionStop in which the buffer still says that it records. Default 100. */
  recordingStopMs?: number
}

/** The same, checked. */
export const telopsSchema = simulatorSchema.extend({
  serial: simulatorSchema.shape.serial.unwrap().default('TEL08050'),
  model: simulatorSchema.shape.model.unwrap().default('FAST-IR'),
  faults: faultsSchema
    .extend({
      genericError: probability.default(0),
      genericErrorMs: ms.default(500),
      lateStopMs: ms.default(0),
      staleBuffer: z.boolean().default(false),
    })
    .prefault({}),
  coolingMs: ms.default(0),
  powerTransitionMs: ms.default(0),
  imageCorrectionMs: ms.default(500),
  resolutionHangMs: ms.default(900),
  ringDeadMs: ms.default(2022),
  recordingStopMs: ms.default(100),
})

/** Options with their defaults. */
export type CheckedTelopsOptions = z.infer<typeof telopsSchema>
