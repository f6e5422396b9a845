import { FramewireError } from '../errors.js'

/** A value that is out of its range. */
export function optionFault(option: string, given: unknown, expected: string) {
  const message = `${option} is ${JSON.stringify(given) ?? String(given)}; give ${expected}.`
  return new FramewireError('telops/option', message, { option, given, expected })
}

/** A camera that is none of Telops: its registers mean something else. */
export function otherCameraFault(address: string, manufacturer: string, model: string) {
  return new FramewireError(
    'telops/other-camera',
    `The camera at ${address} is a ${model} of ${manufacturer || 'an unnamed manufacturer'}, not one of Telops. ` +
      'Open it with openCamera of framewire/gige.',
    { address, manufacturer, model },
  )
}

/** A camera that another program holds on to. */
export function lockedFault(address: string, holder: string | undefined, waitedMs: number, cause: unknown) {
  const who = holder === undefined ? 'Another program' : `A program at ${holder}`
  return new FramewireError(
    'telops/locked',
    `${who} has controlled the camera at ${address} for ${seconds(waitedMs)}: it is alive, since what a crash leaves ` +
      'behind ends sooner. Close it there and open the camera again.',
    { address, waitedMs, ...(holder !== undefined && { holder }) },
    { cause },
  )
}

/** Something that took longer than it may. */
export function timeoutFault(what: string, waitedMs: number, remedy: string) {
  const message = `${what} after ${seconds(waitedMs)}. ${remedy}`
  return new FramewireError('telops/timeout', message, { what, waitedMs })
}

/** A sequence that is not in the buffer. */
export function noSequenceFault(sequence: unknown, sequences: number) {
  const there =
    sequences === 0
      ? 'it has none: call bufferConfigure and bufferRecord before'
      : `there are ${sequences}, from 0 to ${sequences - 1}`
  return new FramewireError(
    'telops/no-sequence',
    `The buffer has no sequence ${JSON.stringify(sequence) ?? String(sequence)}; ${there}.`,
    { sequence, sequences },
  )
}

/** A calibration that cannot be chosen. */
export function calibrationFault(reason: string) {
  return new FramewireError('telops/calibration', `No calibration can be loaded: ${reason}.`, { reason })
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`
}
