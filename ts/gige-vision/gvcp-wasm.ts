import * as wasm from '../../crates/gige-wasm/pkg/gige_wasm.js'
import { packets } from './faults.js'
import type { Gvcp } from './gvcp.js'

/** Control packets, read and written by the WebAssembly module. */
export function wasmGvcp(): Gvcp {
  return {
    command: (requestId, command, acknowledge) =>
      packets(() => bytes(wasm.writeCommand(word('request id', requestId, 1), command, acknowledge))),
    parseAck: (datagram) => packets(() => wasm.parseAck(datagram)),
    ack: (requestId, status, ack, commandCode) =>
      packets(() =>
        bytes(wasm.writeAck(word('request id', requestId), word('status', status), ack, commandCode)),
      ),
    parseCommand: (datagram) => packets(() => wasm.parseCommand(datagram)),
    identityRegisters: (device) => packets(() => bytes(wasm.writeIdentity(device))),
    statusName: (status) => wasm.statusName(status) ?? `0x${status.toString(16)}`,
  }
}

/** A number that would arrive as another one beyond 16 bits. */
function word(what: string, number: number, least = 0): number {
  if (Number.isInteger(number) && number >= least && number <= 0xffff) return number
  throw new RangeError(`${what} ${number} is not from ${least} to 65535`)
}

/** The generated types do not know that nothing is shared. */
function bytes(written: Uint8Array): Uint8Array<ArrayBuffer> {
  return written as Uint8Array<ArrayBuffer>
}
