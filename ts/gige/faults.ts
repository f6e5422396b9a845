import { FramewireError } from '../errors.js'
import type { Command, Gvcp } from '../gige-vision/gvcp.js'

/** What refusals mean, and what to do about them. */
const MEANINGS: Record<string, string> = {
  GEV_STATUS_NOT_IMPLEMENTED: 'it does not know the command',
  GEV_STATUS_INVALID_PARAMETER: 'the value is none that it takes',
  GEV_STATUS_INVALID_ADDRESS: 'there is nothing at that address',
  GEV_STATUS_WRITE_PROTECT: 'that cannot be written now; stop the acquisition first',
  GEV_STATUS_BAD_ALIGNMENT: 'the address is not a multiple of four',
  GEV_STATUS_ACCESS_DENIED:
    'another host is in control, or none is; close the other program or open the camera again',
  GEV_STATUS_BUSY: 'it is busy; try again in a moment',
}

/** A camera that did not answer. */
export function noAnswerFault(address: string, command: string, tries: number, cause?: unknown) {
  return new FramewireError(
    'gige/no-answer',
    `The camera at ${address} does not answer (${command}, ${tries} tries). Check its power, its cable and this ` +
      "host's firewall (UDP port 3956).",
    { address, command, tries },
    { cause },
  )
}

/** A camera that answered that it will not. */
export function refusedFault(address: string, command: string, status: number, gvcp: Gvcp) {
  const statusName = gvcp.statusName(status)
  const meaning = MEANINGS[statusName]
  const why = meaning === undefined ? statusName : `${meaning} (${statusName})`
  return new FramewireError('gige/refused', `The camera at ${address} refused ${command}: ${why}.`, {
    address,
    command,
    status,
    statusName,
  })
}

/** A camera that another host controls. */
export function deniedFault(address: string, holder: string | undefined, cause: unknown) {
  const who = holder === undefined ? 'Another host' : `The host ${holder}`
  return new FramewireError(
    'gige/control-denied',
    `${who} controls the camera at ${address}. Close the program there; after a crash the camera lets go by itself ` +
      'within seconds.',
    { address, ...(holder !== undefined && { holder }) },
    { cause },
  )
}

/** A camera that was lost. */
export function lostFault(address: string, reason: string, cause?: unknown) {
  return new FramewireError(
    'gige/control-lost',
    `Control of the camera at ${address} was lost: ${reason}. Open it again, or open it with reconnect: true.`,
    { address, reason },
    { cause },
  )
}

/** A call on a camera that was closed. */
export function closedFault(address: string) {
  const message = `The camera at ${address} was closed. Open it again.`
  return new FramewireError('gige/closed', message, { address })
}

/** An option that makes no sense. */
export function optionFault(option: string, given: unknown, expected: string) {
  const message = `${option} is ${JSON.stringify(given) ?? String(given)}; give ${expected}.`
  return new FramewireError('gige/option', message, { option, given, expected })
}

/** A command as errors tell of it. */
export function commandText(command: Command): string {
  switch (command.kind) {
    case 'discovery':
      return 'discovery'
    case 'force-ip':
      return 'force IP'
    case 'read-registers':
      return `reading ${registers(command.addresses)}`
    case 'write-registers':
      return `writing ${registers(command.writes.map(({ address }) => address))}`
    case 'read-memory':
      return `reading ${command.count} bytes at ${hex(command.address)}`
    case 'write-memory':
      return `writing ${command.data.length} bytes at ${hex(command.address)}`
    case 'resend':
      return `resend of packets ${command.first} to ${command.last} of block ${command.block}`
  }
}

function registers(addresses: readonly number[]): string {
  return `register${addresses.length === 1 ? '' : 's'} ${addresses.map(hex).join(', ')}`
}

function hex(address: number): string {
  return `0x${address.toString(16).padStart(4, '0')}`
}
