import { describe, expect, it } from 'vitest'
import { packetAt, putPacket, slotsOf } from '../../../ts/datagrams/batch.js'
import type { FinishedBlock, Reassembler, ReassemblyOptions } from '../../../ts/gige-vision/reassembler.js'
import { block, leader, trailer } from './gvsp-packets.js'
import { gige } from './module.js'

const CAMERA = { address: '10.1.2.3', port: 20_202 }
const IMAGE = { width: 100, height: 30, timestamp: 77n }
/** Of packets of 576 bytes, behind IP, UDP and GVSP headers. */
const CAPACITY = 540

function reassembler(options: Partial<ReassemblyOptions> = {}): Reassembler {
  return gige.reassembler({
    source: CAMERA.address,
    packetSize: 576,
    blockBytes: 4000,
    buffers: 4,
    incomplete: 'deliver',
    ...options,
  })
}

function pixelsOf(id: bigint): Uint8Array {
  return Uint8Array.from(
    { length: IMAGE.width * IMAGE.height },
    (_, at) => (at * 7 + Number(id % 251n)) & 255,
  )
}

const packetsOf = (id: bigint, extended = false) =>
  block({ block: id, extended }, IMAGE, pixelsOf(id), extended ? CAPACITY - 12 : CAPACITY)

let clockNs = 1_700_000_000_000_000_000n

function receive(into: Reassembler, packets: Uint8Array[], nowMs: number, from = CAMERA): void {
  for (let done = 0; done < packets.length; ) {
    const batch = into.batch()
    const some = packets.slice(done, done + slotsOf(batch))
    for (const [slot, bytes] of some.entries()) putPacket(batch, slot, bytes, from, clockNs++)
    into.take(some.length, nowMs)
    done += some.length
  }
}

/** Bytes, the same ones again for the same seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 24
  }
}

function image(finished: FinishedBlock): Uint8Array {
  const into = new Uint8Array(finished.bytes)
  finished.copy(into)
  finished.release()
  return into
}

describe('packets to blocks, through WebAssembly', () => {
  it('hands whole blocks out, with what their leaders say', () => {
    const stream = reassembler()
    const firstAtNs = clockNs
    receive(stream, packetsOf(65_535n), 0)
    receive(stream, packetsOf(1n), 1)
    const finished = stream.next()!
    expect(finished).toMatchObject({
      blockId: 65_535n,
      complete: true,
      missing: [],
      packetBytes: CAPACITY,
      leader: {
        timestamp: 77n,
        pixelFormat: 0x0108_0001,
        width: 100,
        height: 30,
        offsetX: 0,
        offsetY: 0,
        paddingX: 0,
        paddingY: 0,
      },
      bytes: 3000,
      firstAtNs,
      receivedAtNs: firstAtNs + 7n,
      resent: 0,
    })
    expect(image(finished)).toEqual(pixelsOf(65_535n))
    const next = stream.next()!
    expect(next.blockId).toBe(1n)
    expect(image(next)).toEqual(pixelsOf(1n))
    expect(stream.next()).toBeUndefined()
    expect(stream.due()).toBeUndefined()
    expect(stream.statistics()).toEqual({
      complete: 2,
      incomplete: 0,
      recovered: 0,
      skipped: 0,
      queueFull: 0,
      packets: 16,
      bytes: 2 * (44 + 3000 + 6 * 8 + 16),
      missingPackets: 0,
      resendRequests: 0,
      resendPacketsAsked: 0,
      resendPackets: 0,
      unavailable: 0,
      duplicates: 0,
      late: 0,
      foreign: 0,
      refused: {},
    })
    stream.free()
  })

  it('gives a block up that nothing more came of, and says what is missing', () => {
    const stream = reassembler({ idleMs: 50 })
    const packets = packetsOf(7n)
    receive(
      stream,
      [0, 1, 4, 5, 6].map((packet) => packets[packet]!),
      10,
    )
    expect(stream.due()).toBe(60)
    stream.take(0, 59)
    expect(stream.next()).toBeUndefined()
    stream.take(0, 62)
    const finished = stream.next()!
    expect(finished).toMatchObject({
      complete: false,
      missing: [
        [2, 3],
        [7, 7],
      ],
      bytes: 3000,
    })
    const expected = pixelsOf(7n)
    expected.fill(0, CAPACITY, 3 * CAPACITY)
    expect(image(finished)).toEqual(expected)
    expect(stream.statistics()).toMatchObject({ complete: 0, incomplete: 1, missingPackets: 3 })
    stream.free()
  })

  it('asks for what is missing, once a later packet came', () => {
    const stream = reassembler({
      resend: { firstMs: 2, silentMs: 2, againMs: 10, attempts: 3, perSecond: 1000 },
    })
    const to = { address: '10.1.2.3', port: 3956 }
    const packets = packetsOf(9n)
    receive(
      stream,
      [0, 1, 4].map((packet) => packets[packet]!),
      100,
    )
    expect(stream.resends(to, 101, 100).count).toBe(0)
    expect(stream.due()).toBe(102)
    const { batch, count } = stream.resends(to, 102, 100)
    expect(count).toBe(1)
    const request = packetAt(batch, 0)
    expect(request.from).toEqual(to)
    expect(gige.gvcp.parseCommand(request.bytes)).toMatchObject({
      acknowledge: false,
      command: { kind: 'resend', channel: 0, block: 9n, extended: false, first: 2, last: 3 },
    })
    receive(
      stream,
      [2, 3, 5, 6, 7].map((packet) => packets[packet]!),
      103,
    )
    const finished = stream.next()!
    expect(finished).toMatchObject({ complete: true, resent: 2 })
    expect(image(finished)).toEqual(pixelsOf(9n))
    expect(stream.statistics()).toMatchObject({
      recovered: 1,
      resendRequests: 1,
      resendPacketsAsked: 2,
      resendPackets: 2,
    })
    stream.free()
  })

  it('asks for blocks with ids of 64 bits', () => {
    const stream = reassembler({
      resend: { firstMs: 0, silentMs: 0, againMs: 10, attempts: 3, perSecond: 1000 },
    })
    const packets = packetsOf(2n ** 63n + 5n, true)
    receive(stream, [packets[0]!, ...packets.slice(2)], 0)
    const { batch, count } = stream.resends({ address: '10.1.2.3', port: 3956 }, 1, 100)
    expect(count).toBe(1)
    expect(gige.gvcp.parseCommand(packetAt(batch, 0).bytes).command).toEqual({
      kind: 'resend',
      channel: 0,
      block: 2n ** 63n + 5n,
      extended: true,
      first: 1,
      last: 1,
    })
    receive(stream, [packets[1]!], 2)
    expect(image(stream.next()!)).toEqual(pixelsOf(2n ** 63n + 5n))
    stream.free()
  })

  it('knows late packets of the session before', () => {
    const first = reassembler()
    receive(first, [...packetsOf(5n), ...packetsOf(6n).slice(0, 3)], 0)
    const previous = first.end(1)
    expect(first.next()!.complete).toBe(true)
    expect(first.next()).toMatchObject({ blockId: 6n, complete: false, missing: [[3, 7]] })
    first.free()

    const second = reassembler({ previous })
    receive(second, packetsOf(6n).slice(3), 2)
    expect(second.statistics()).toMatchObject({ late: 5, complete: 0 })
    const again = block({ block: 6n }, { ...IMAGE, timestamp: 5000n }, pixelsOf(8n), CAPACITY)
    receive(second, again, 3)
    expect(image(second.next()!)).toEqual(pixelsOf(8n))
    second.free()
  })

  it('drops blocks while every buffer is in use', () => {
    const stream = reassembler({ buffers: 2 })
    receive(
      stream,
      [1n, 2n, 3n, 4n].flatMap((id) => packetsOf(id)),
      0,
    )
    const held = [stream.next()!, stream.next()!]
    expect(stream.next()).toBeUndefined()
    expect(stream.statistics()).toMatchObject({ complete: 2, queueFull: 2, late: 0, skipped: 0 })
    held[0]!.release()
    held[0]!.release()
    receive(stream, packetsOf(5n), 1)
    const next = stream.next()!
    expect(next.blockId).toBe(5n)
    expect(image(next)).toEqual(pixelsOf(5n))
    expect(image(held[1]!)).toEqual(pixelsOf(2n))
    stream.free()
  })

  it('counts what is none of its packets, by what is wrong', () => {
    const stream = reassembler()
    receive(stream, packetsOf(1n), 0, { address: '10.1.2.4', port: 1 })
    receive(
      stream,
      [
        new Uint8Array(),
        new Uint8Array(2000),
        leader({ block: 0n }, IMAGE),
        leader({ block: 3n }, { width: 65_535, height: 65_535 }),
        trailer({ block: 3n, packet: 9 }, 0),
      ],
      0,
    )
    expect(stream.next()).toBeUndefined()
    expect(stream.statistics()).toMatchObject({
      foreign: 8,
      late: 1,
      refused: { cut: 1, oversized: 1, 'block id 0': 1, 'large image': 1 },
    })
    stream.free()
  })

  it('takes no more memory whatever comes', () => {
    const stream = reassembler({
      resend: { firstMs: 1, silentMs: 1, againMs: 2, attempts: 3, perSecond: 1e5 },
    })
    const random = seeded(20_250)
    const flood = (packets: number) => {
      for (let at = 0; at < packets; at += 100) {
        const some = Array.from({ length: 100 }, () => {
          const bytes = Uint8Array.from({ length: random() * 2 }, random)
          // Mostly a sound status and format, else nothing gets far.
          bytes.set([0, 0, random(), random(), 1 + (random() % 3), 0, 0, random()].slice(0, bytes.length))
          return bytes
        })
        receive(stream, some, at)
        stream.resends({ address: '10.1.2.3', port: 3956 }, at, 100)
        for (let block = stream.next(); block; block = stream.next()) {
          expect(block.complete).toBe(false)
          block.release()
        }
      }
    }
    flood(2_000)
    const held = stream.batch().memory.buffer.byteLength
    flood(30_000)
    expect(stream.batch().memory.buffer.byteLength).toBe(held)
    const { packets, refused } = stream.statistics()
    expect(packets).toBe(32_000)
    expect(Object.keys(refused).length).toBeGreaterThan(5)
    stream.free()
  })

  it('refuses options that are out of their range', () => {
    const wrong = (options: Partial<ReassemblyOptions>, option: string) =>
      expect(() => reassembler(options)).toThrowError(
        expect.objectContaining({ code: 'gige/option', details: expect.objectContaining({ option }) }),
      )
    wrong({ source: 'camera' }, 'source')
    wrong({ packetSize: 70_000 }, 'packetSize')
    wrong({ blockBytes: 0 }, 'blockBytes')
    wrong({ buffers: 1 }, 'buffers')
    wrong({ idleMs: Number.NaN }, 'idleMs')
    wrong({ resend: { firstMs: 1, silentMs: 1, againMs: 1, attempts: 0, perSecond: 1 } }, 'resend.attempts')
  })
})
