import type { Batch } from './batch.js'
import type { NetworkInterface } from './network-interface.js'

/**
 * The seam to the network: IPv4 datagrams as they come and go. Implementations: the native shim (Linux), Node's own
 * sockets (slower, everywhere), simulated networks. All of them throw and reject with `datagrams/...` errors.
 */
export interface Datagrams {
  /** Open and bind a socket. Rejects with `datagrams/open` or `datagrams/unsupported`. */
  open(options?: OpenOptions): Promise<DatagramSocket>
  /** The network interfaces of this host, as they are now. */
  interfaces(): NetworkInterface[]
}

/** How to open a socket. */
export interface OpenOptions {
  /** IPv4 address to bind to; default `0.0.0.0`, every address of this host. */
  address?: string
  /** Port to bind to; default one that is free. */
  port?: number
  /**
   * Name of the network interface to use: only what comes and goes through it, broadcasts of hosts in foreign subnets
   * included. Node's sockets cannot; they are bound to the interface's address in place of `0.0.0.0`, and hear no
   * broadcasts.
   */
  device?: string
  /** Receive buffer to ask the kernel for, in bytes; default the system's. What it grants the socket says. */
  receiveBufferBytes?: number
  /** May send to broadcast addresses. */
  broadcast?: boolean
  /** Others that say so too may have the same port; each of them receives broadcasts, one the rest. */
  shared?: boolean
  /** Send no packet in fragments: one beyond the MTU fails with `EMSGSIZE`. Node's sockets cannot. */
  dontFragment?: boolean
}

/** The other side of a packet. */
export interface Endpoint {
  /** IPv4 address. */
  address: string
  port: number
}

/**
 * An open socket. It does not keep the process alive; what waits on it does. After `close` its counts stay, and every
 * call throws or rejects with `datagrams/closed`.
 */
export interface DatagramSocket {
  /** Where it is bound. */
  readonly local: Endpoint
  /**
   * Receive buffer that the kernel granted, in bytes, comparable with what was asked for. Packets take more of it than
   * they have bytes (about 1.5 times, short ones far more).
   */
  readonly receiveBufferBytes: number
  /** Packets lost because the kernel's receive buffer was full; undefined where the platform does not tell. */
  readonly kernelDrops: number | undefined
  /** Packets lost because nobody received them, after the kernel had handed them over. */
  readonly queueDrops: number

  /**
   * Take what has arrived into the batch handed in, in order of arrival, and say how many packets that was: as many as
   * there are slots at most. A packet longer than its slot is cut; the table has its true length. `timeoutMs`: where
   * nothing has arrived, block this thread for it, at most so long (whole ms, default 0); Node's sockets cannot, and
   * answer 0 at once. For large batches at little CPU let a millisecond pass and take all there is; block where the
   * receive buffer is too small for that. Throws `datagrams/receive`.
   */
  receive(into: Batch, timeoutMs?: number): number
  /** Resolves with true as soon as `receive` has something, with false after `timeoutMs` or when the socket closes. */
  arrival(timeoutMs: number): Promise<boolean>
  /** Send one packet; resolves when the system has taken it, rejects with `datagrams/send`. */
  send(bytes: Uint8Array, to: Endpoint): Promise<void>
  /**
   * Send the packets of the first `count` slots, in order, and resolve with how many the system took: fewer where its
   * send buffer is full or a later packet cannot be sent. Rejects with `datagrams/send` where the first cannot. The
   * batch is the caller's again when this returns, before it resolves.
   */
  sendMany(from: Batch, count: number): Promise<number>
  /** Close the socket. Closing it again does nothing. */
  close(): Promise<void>
}
