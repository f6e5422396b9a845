import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { streamChannel } from '../../ts/gige-vision/bootstrap.js'
import { Feature } from '../../ts/simulator/features.js'
import { isPattern, patternFrameNumber } from '../../ts/simulator/pattern.js'
import { gvcp, Host, numbersIn, parsePacket, simulate } from './host.js'

const [LEADER, TRAILER] = [1, 2]
/** Bytes of image in a packet of 576 bytes. */
const PAYLOAD = 576 - 36

/** The images of whole blocks, and what their leaders say. */
function images(packets: readonly Uint8Array[]) {
  const blocks = new Map<number, Map<number, ReturnType<typeof parsePacket>>>()
  for (const packet of packets.map(parsePacket)) {
    const block = blocks.get(packet.block) ?? new Map()
    blocks.set(packet.block, block.set(packet.packet, packet))
  }
  return [...blocks].map(([id, block]) => {
    const ordered = [...block].sort(([one], [other]) => one - other).map(([, packet]) => packet)
    const leader = new DataView(ordered[0]!.content.buffer, ordered[0]!.content.byteOffset)
    return {
      id,
      whole: ordered[0]!.format === LEADER && ordered.at(-1)!.packet === ordered.length - 1,
      timestamp: leader.getBigUint64(4),
      width: leader.getUint32(16),
      height: leader.getUint32(20),
      pixels: Buffer.concat(ordered.slice(1, -1).map(({ content }) => content)),
    }
  })
}

const trailers = (count: number) => (packets: Uint8Array[]) =>
  packets.filter((packet) => parsePacket(packet).format === TRAILER).length >= count

describe('frames', () => {
  it("come whole, in the pattern, at a steady rate by the camera's clock", async () => {
    const camera = await simulate({ width: 100, height: 50, fps: 200 })
    const host = await Host.open(camera)
    await host.startStream(576, 10)
    const frames = images(await host.packets(trailers(10)))
    expect(frames.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    frames.forEach(({ pixels, width, height, whole, timestamp }, n) => {
      expect({ width, height, whole }).toEqual({ width: 100, height: 50, whole: true })
      expect(isPattern(pixels, { width, height }, n)).toBe(true)
      const late = Number(timestamp - frames[0]!.timestamp) - n * 5_000_000
      // Frames that are due while eight wait to be sent are not taken; their moments pass.
      expect(Math.abs(late) % 5_000_000).toBeLessThanOrEqual(1)
    })
    expect(camera.records().map(({ missing }) => missing)).toEqual(Array(10).fill([]))
  })

  it('are those of a recording, from the first one on in each session', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'framewire-simulator-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const pixels = Uint16Array.from({ length: 3 * 4 * 6 }, (_, at) => 1000 * at)
    const description = "{'descr': '>u2', 'fortran_order': False, 'shape': (3, 4, 6), }"
    const header = `${description.padEnd(117)}\n`
    const bigEndian = Buffer.from(pixels.buffer.slice(0)).swap16()
    const source = join(folder, 'recording.npy')
    writeFileSync(
      source,
      Buffer.concat([Buffer.from('\x93NUMPY\x01\0\x76\0', 'latin1'), Buffer.from(header), bigEndian]),
    )
    const host = await Host.open(await simulate({ source, fps: 100 }))
    const expected = [0, 1, 2, 0, 1].map((n) => Buffer.from(pixels.buffer, n * 48, 48))
    for (let session = 0; session < 2; session++) {
      await host.startStream(576, 5)
      const frames = images(await host.packets(trailers(5)))
      expect(frames.map(({ width, height }) => [width, height])).toEqual(Array(5).fill([6, 4]))
      expect(frames.map(({ pixels }) => pixels)).toEqual(expected)
      await host.write(Feature.acquisitionStop, 1)
    }
  })

  it('are taken when a trigger asks for them', async () => {
    const host = await Host.open(await simulate({ width: 32, height: 16, fps: 1000 }))
    await host.takeControl()
    await host.write(Feature.triggerMode, 1)
    await host.startStream()
    for (let n = 1; n <= 3; n++) {
      await host.write(Feature.triggerSoftware, 1)
      const [frame, ...more] = images(await host.packets(trailers(1)))
      expect([frame!.id, more.length]).toEqual([n, 0])
    }
  })

  it('have numbers that go on from session to session, while block ids begin anew', async () => {
    const host = await Host.open(await simulate({ width: 32, height: 16, fps: 200 }))
    const numbers: number[][] = []
    for (let session = 0; session < 2; session++) {
      await host.startStream(576, 3)
      const frames = images(await host.packets(trailers(3)))
      expect(frames.map(({ id }) => id)).toEqual([1, 2, 3])
      numbers.push(frames.map(({ pixels }) => patternFrameNumber(pixels)))
      await host.write(Feature.acquisitionStop, 1)
    }
    expect(numbers).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ])
  })
})

describe('losses', () => {
  it('are those of the record, exactly, and can be asked for from any port of the host', async () => {
    const camera = await simulate({ width: 270, height: 40, fps: 100, seed: 5, faults: { loss: 0.1 } })
    const host = await Host.open(camera)
    const frames = 20
    await host.startStream(576, frames)
    const last = (270 * 40) / PAYLOAD + 1
    const heard = new Map<number, Set<number>>()
    const hear = (packets: Uint8Array[]) => {
      for (const { block, packet } of packets.map(parsePacket)) {
        heard.set(block, (heard.get(block) ?? new Set()).add(packet))
      }
    }
    hear(await host.session(camera, frames))
    const missing = (block: number) =>
      Array.from({ length: last + 1 }, (_, packet) => packet).filter(
        (packet) => !heard.get(block)?.has(packet),
      )
    const recorded = camera.records()
    expect(recorded.length).toBe(frames)
    for (const { id, missing: ranges, packets } of recorded) {
      expect(packets).toBe(last + 1)
      expect(numbersIn(ranges)).toEqual(missing(Number(id)))
    }
    const lost = recorded.flatMap(({ id, missing }) => missing.map(([first, last]) => ({ id, first, last })))
    expect(lost.length).toBeGreaterThan(10)
    for (const { id: block, first, last } of lost) {
      const request = { kind: 'resend', channel: 0, block, extended: false, first, last } as const
      await host.send(gvcp.command(1, request, false), host.stream)
    }
    const asked = lost.reduce((sum, { first, last }) => sum + last - first + 1, 0)
    hear(await host.packets(({ length }) => length === asked))
    expect(recorded.map(({ id }) => missing(Number(id)))).toEqual(Array(frames).fill([]))
    expect(camera.records().map(({ missing }) => missing)).toEqual(Array(frames).fill([]))
    expect(camera.statistics).toMatchObject({
      prematureResends: 0,
      unavailable: 0,
      resendRequests: lost.length,
    })
  })

  it('of strangers asking for packets there are none', async () => {
    const camera = await simulate({ width: 32, height: 16, fps: 100 })
    const host = await Host.open(camera)
    await host.startStream(576, 1)
    await host.packets(trailers(1))
    await host.takeControl(0)
    const request = { kind: 'resend', channel: 0, block: 1n, extended: false, first: 0, last: 1 } as const
    await host.send(gvcp.command(1, request, false))
    await host.done({ kind: 'discovery' })
    expect(camera.statistics.resendRequests).toBe(0)
  })
})

it('restarts in the middle of a stream where that is the fault', async () => {
  const faults = { restartAfterMs: 50 }
  const camera = await simulate({ width: 32, height: 16, fps: 200, faults })
  const host = await Host.open(camera)
  await host.startStream()
  const packets = await host.packets(
    ({ length }) => camera.statistics.restarts === 1 && camera.statistics.packets === length,
  )
  expect(packets.length).toBeGreaterThan(0)
  await host.return()
  // It has not gone on.
  expect(camera.statistics).toMatchObject({ restarts: 1, packets: packets.length })
  expect(camera.controller).toBeUndefined()
  expect(camera.isStreaming).toBe(false)
})

it('leaves frames out, and their ids, and says so in its record', async () => {
  const camera = await simulate({ width: 32, height: 16, fps: 200, faults: { skipEvery: 3 } })
  const host = await Host.open(camera)
  await host.startStream(576, 7)
  const frames = images(await host.packets(trailers(5)))
  expect(frames.map(({ id }) => id)).toEqual([1, 2, 4, 5, 7])
  expect(frames.map(({ pixels }) => patternFrameNumber(pixels))).toEqual([0, 1, 3, 4, 6])
  expect(
    camera
      .records()
      .filter(({ packets }) => packets === 0)
      .map(({ id }) => id),
  ).toEqual([3n, 6n])
})

it('numbers blocks from where it is told, and wraps', async () => {
  const host = await Host.open(await simulate({ width: 32, height: 16, fps: 200, firstBlockId: 65_534 }))
  await host.startStream(576, 4)
  expect(images(await host.packets(trailers(4))).map(({ id }) => id)).toEqual([65_534, 65_535, 1, 2])
})

it('waits between packets as long as it is told', async () => {
  const host = await Host.open(await simulate({ width: 540, height: 100, fps: 1000 }))
  await host.takeControl()
  // Four seconds: no second packet comes while this test looks.
  await host.write(streamChannel(0).packetDelay, 4_000_000_000)
  await host.startStream()
  expect((await host.packets((packets) => packets.length > 0)).length).toBe(1)
  expect(await host.stream.arrival(300)).toBe(false)
})
