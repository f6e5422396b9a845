import type { Endpoint } from './datagrams.js'
import { addressNumber, addressText } from './ipv4.js'

/**
 * Packets: equal slots, one behind the other, and a table of `PACKET_WORDS` words for each. Both may be views on
 * WebAssembly memory, made anew for each call: nobody keeps them. They may not lie over each other or in shared memory.
 */
export interface Batch {
  memory: Uint8Array
  /** Bytes of a slot, 1 to 65,535. */
  slotBytes: number
  table: Uint32Array
}

/** Words of a packet in the table: length in bytes, address, port, time received in ns since 1970 (low, high word). */
export const PACKET_WORDS = 5

/** A packet of a batch. */
export interface Packet {
  /** As much of it as its slot holds; a view. */
  bytes: Uint8Array
  /** Bytes that were sent: more than `bytes` has where the packet was cut. */
  length: number
  /** Who sent it. */
  from: Endpoint
  /**
   * When the kernel received it, in ns since 1970 by this host's clock. Later, when it was handed over, with Node's
   * sockets, and in the first moments after a socket was opened where no other one on this host asks for times.
   */
  receivedAtNs: bigint
}

/** A batch with memory of its own. */
export function makeBatch(slots: number, slotBytes: number): Batch {
  return {
    memory: new Uint8Array(slots * slotBytes),
    slotBytes,
    table: new Uint32Array(slots * PACKET_WORDS),
  }
}

/** How many packets a batch has room for. */
export function slotsOf({ memory, slotBytes, table }: Batch): number {
  return Math.min(Math.floor(memory.length / slotBytes), Math.floor(table.length / PACKET_WORDS))
}

/** The packet in a slot, for where packets are few; where they are many, the table is read as it is. */
export function packetAt({ memory, slotBytes, table }: Batch, slot: number): Packet {
  const at = slot * PACKET_WORDS
  const length = table[at]!
  const start = slot * slotBytes
  return {
    bytes: memory.subarray(start, start + Math.min(length, slotBytes)),
    length,
    from: { address: addressText(table[at + 1]!), port: table[at + 2]! },
    receivedAtNs: (BigInt(table[at + 4]!) << 32n) | BigInt(table[at + 3]!),
  }
}

/** Put a packet into a slot: one to be sent to `peer`, or one received from it. It is cut where it is too long. */
export function putPacket(
  { memory, slotBytes, table }: Batch,
  slot: number,
  bytes: Uint8Array,
  peer: Endpoint,
  receivedAtNs = 0n,
): void {
  memory.set(bytes.length > slotBytes ? bytes.subarray(0, slotBytes) : bytes, slot * slotBytes)
  const at = slot * PACKET_WORDS
  table[at] = bytes.length
  table[at + 1] = addressNumber(peer.address)
  table[at + 2] = peer.port
  table[at + 3] = Number(receivedAtNs & 0xffff_ffffn)
  table[at + 4] = Number(receivedAtNs >> 32n)
}
