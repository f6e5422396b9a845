import { readFileSync } from 'node:fs'
import { FramewireError } from '../../../ts/errors.js'
import type { Features } from '../../../ts/genicam/features.js'
import { loadFeatures } from '../../../ts/genicam/load.js'
import type { FeatureRegisters } from '../../../ts/genicam/registers.js'

const at = (path: string) => new URL(path, import.meta.url)

/** A description with every kind of node. */
export const EVERY_KIND = readFileSync(at('../../fixtures/genicam/every-kind.xml'), 'utf8')

export const WASM_URL = at('../../../crates/genicam-wasm/pkg/genicam_wasm_bg.wasm').href

/** Where a camera of this description refuses everything. */
const REFUSED_FROM = 0xdead0000

/** A camera's memory, with a record of what was asked of it. */
export class CameraMemory implements FeatureRegisters {
  readonly memory = new Map<number, number>()
  /** Addresses in hex: `r1000+4` read, `w1000+4` written as memory, `W1000+4` as a register. */
  readonly asked: string[] = []
  /** What the next call rejects with. */
  failure: Error | undefined
  /** What the camera makes of a byte that is written. */
  written: (address: number, byte: number) => number = (_, byte) => byte

  /** Put a number there, big endian. */
  put(address: number, bytes: number, value: number | bigint): void {
    for (let k = 0; k < bytes; k++) {
      this.memory.set(address + k, Number((BigInt(value) >> BigInt(8 * (bytes - 1 - k))) & 0xffn))
    }
  }

  /** The number there, big endian and unsigned. */
  take(address: number, bytes: number): number {
    let value = 0
    for (let k = 0; k < bytes; k++) value = value * 256 + (this.memory.get(address + k) ?? 0)
    return value
  }

  /** What was asked since the last call. */
  asks(): string[] {
    return this.asked.splice(0)
  }

  async readMemory(address: number, bytes: number): Promise<Uint8Array> {
    await this.#answer('r', address, bytes)
    return Uint8Array.from({ length: bytes }, (_, k) => this.memory.get(address + k) ?? 0)
  }

  async writeMemory(address: number, data: Uint8Array): Promise<void> {
    await this.#answer('w', address, data.length)
    data.forEach((byte, k) => {
      this.memory.set(address + k, this.written(address + k, byte))
    })
  }

  async writeRegister(address: number, value: number): Promise<void> {
    await this.#answer('W', address, 4)
    this.put(address, 4, value)
  }

  async #answer(what: string, address: number, bytes: number): Promise<void> {
    this.asked.push(`${what}${address.toString(16)}+${bytes}`)
    await Promise.resolve()
    const { failure } = this
    this.failure = undefined
    if (failure) throw failure
    if (address >= REFUSED_FROM) throw refused()
  }
}

/** What registers reject with where the camera refuses. */
export function refused(): FramewireError {
  return new FramewireError('gige/refused', 'The camera refused.', {
    address: '192.0.2.1',
    command: 'READMEM',
    status: 0x8003,
    statusName: 'GEV_STATUS_INVALID_ADDRESS',
  })
}

/** Features of a camera in its first state. */
export async function openCamera(
  xml: string | Uint8Array = EVERY_KIND,
): Promise<{ camera: CameraMemory; features: Features; clock: { ms: number } }> {
  const camera = new CameraMemory()
  const text = new TextEncoder().encode('EveryKind 1')
  text.forEach((byte, k) => {
    camera.memory.set(0x68 + k, byte)
  })
  camera.put(0x1000, 4, 0x41c80000) // 25.0
  camera.put(0x1004, 4, 12)
  camera.put(0x1008, 8, 2n ** 60n + 1n)
  camera.put(0x2000, 4, 640)
  camera.put(0x2004, 4, 2048)
  camera.memory.set(0x2008, 480 & 0xff).set(0x2009, 480 >> 8)
  camera.put(0x200c, 4, 0x01080001)
  camera.put(0x2014, 4, 0x00100000 | 0xfff9) // binning 1, offset -7
  camera.put(0x3010, 4, 5000)
  camera.put(0x3014, 4, 2000) // ticks of 2 us
  camera.memory.set(0x3018 + 6, 0x24).set(0x3018 + 7, 0x40) // 10.0
  camera.put(0x5000, 4, 0x1205)
  camera.put(0x5004, 2, -3)
  const clock = { ms: 0 }
  const features = await loadFeatures({
    xml,
    registers: camera,
    source: 'the test camera',
    wasmUrl: WASM_URL,
    now: () => clock.ms,
  })
  return { camera, features, clock }
}
