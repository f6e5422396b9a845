import { FramewireError } from '../errors.js'
import type { AcquisitionStatistics, StreamStatistics } from './statistics.js'

/** A camera that was started and sends nothing. */
export function noStreamFault(address: string, { port }: StreamStatistics, waitedMs: number) {
  return new FramewireError(
    'gige/no-stream',
    `The camera at ${address} was started, but not one packet of its stream came within ${waitedMs} ms. Admit UDP from ` +
      `the camera at this host's firewall (now to port ${port}). If it waits for a trigger, trigger it; if a switch between may not carry its ` +
      'packets, give a smaller packetSize.',
    { address, port, waitedMs },
  )
}

/** No frame came in time; or, where not one packet did, `gige/no-stream`. */
export function noFrameFault(address: string, waitedMs: number, statistics: AcquisitionStatistics) {
  const { packets, complete, incomplete, queueFull } = statistics
  if (packets === 0) return noStreamFault(address, statistics, waitedMs)
  return new FramewireError(
    'gige/no-frame',
    `No whole frame of the camera at ${address} came within ${waitedMs} ms (${complete} whole, ${incomplete} incomplete so ` +
      'far). Where frames are incomplete, give a larger packetDelayNs or a smaller packetSize; where none is sent, look ' +
      'at its trigger and its frame rate.',
    { address, waitedMs, complete, incomplete, queueFull },
  )
}

/** Frames are read of an acquisition that was stopped. */
export function stoppedFault(address: string) {
  return new FramewireError(
    'gige/closed',
    `The acquisition of the camera at ${address} was stopped. Begin another one to read frames.`,
    { address },
  )
}

/** An acquisition is begun while another one runs. */
export function acquiringFault(address: string) {
  return new FramewireError(
    'gige/acquiring',
    `The camera at ${address} is streaming already. Stop that acquisition first.`,
    { address },
  )
}
