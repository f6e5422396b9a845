import { FramewireError } from '../errors.js'
import type { Endpoint, OpenOptions } from './datagrams.js'
import { addressNumber } from './ipv4.js'

/** What the system's refusals mean, and what to do about them. */
const MEANINGS: Record<string, string> = {
  EACCES: 'this user may not. Ports below 1024 and broadcasts need a permission',
  EADDRINUSE: 'the port is in use. Close the program that has it, or choose another port',
  EADDRNOTAVAIL: 'this host has no such address. Choose one of its own, or 0.0.0.0',
  EINVAL: 'that is not an IPv4 address with a port',
  EMSGSIZE: 'the packet is longer than the network carries in one piece. Choose a smaller packet size',
  ENETDOWN: 'the interface is down. Check the cable and the interface',
  ENETUNREACH: 'no interface leads there. Give one of them an address in that subnet',
  EHOSTUNREACH: 'nobody answers at that address. Check the cable and the address',
  ENODEV: 'this host has no such network interface',
  EPERM: 'the system forbids it. Look at its firewall',
}

/** A socket that could not be opened. */
export function openFault({ address = '0.0.0.0', port = 0, device }: OpenOptions, cause: unknown) {
  const errno = errnoOf(cause)
  const through = device === undefined ? '' : ` on ${device}`
  return new FramewireError(
    'datagrams/open',
    `No socket could be opened at ${address}:${port}${through}: ${meaning(errno)}.`,
    { address, port, ...(device !== undefined && { device }), errno },
    { cause },
  )
}

/** A packet that could not be sent. */
export function sendFault({ address, port }: Endpoint, cause: unknown) {
  const errno = errnoOf(cause)
  const message = `Nothing could be sent to ${address}:${port}: ${meaning(errno)}.`
  return new FramewireError('datagrams/send', message, { address, port, errno }, { cause })
}

/** A socket that the system no longer receives with. */
export function receiveFault({ address, port }: Endpoint, cause: unknown) {
  const errno = errnoOf(cause)
  const message = `Nothing can be received at ${address}:${port}: ${meaning(errno)}. Open it again.`
  return new FramewireError('datagrams/receive', message, { address, port, errno }, { cause })
}

/** A call on a socket that was closed. */
export function closedFault({ address, port }: Endpoint) {
  const message = `The socket at ${address}:${port} was closed. Open another.`
  return new FramewireError('datagrams/closed', message, { address, port })
}

/** What the system says of an address or port that is none. */
export const INVALID = { code: 'EINVAL' }

/** Whether these are an IPv4 address and a port. */
export function isEndpoint({ address, port }: Endpoint): boolean {
  return !Number.isNaN(addressNumber(address)) && Number.isInteger(port) && port >= 0 && port < 65_536
}

function errnoOf(cause: unknown): string {
  const { code } = (cause ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : 'unknown'
}

function meaning(errno: string): string {
  const known = MEANINGS[errno]
  return known === undefined ? errno : `${known} (${errno})`
}
