import { describe, expect, it, vi } from 'vitest'
import { Bootstrap, GvcpCapability } from '../../ts/gige-vision/bootstrap.js'
import type { FrameRecord } from '../../ts/gige-vision/sender.js'
import type { GigeSimulatorOptions } from '../../ts/simulator/options.js'
import { expectedPixel } from '../../ts/simulator/pattern.js'
import type { GigeSimulator } from '../../ts/simulator/simulator.js'
import { loopbackAddress } from '../gige/loopback.js'
import { gvcp, Host, numbersIn, parsePacket, simulate } from './host.js'

/** A leader, 20 packets of pixels, a trailer. */
const IMAGE = { width: 270, height: 40, fps: 100, seed: 3 }
const [PAYLOAD, LAST] = [540, 21]
const HOUR_MS = 3_600_000

/** A simulated camera and a host that has started it: it sends so many frames. */
async function streaming(options: GigeSimulatorOptions, frames: number) {
  const camera = await simulate({ ...IMAGE, ...options })
  const host = await Host.open(camera)
  await host.startStream(576, frames)
  return { camera, host }
}

/** The packets that a camera sends when it is asked for one again. */
async function again(camera: GigeSimulator, host: Host, block: bigint, packet: number, extended = false) {
  const { resentPackets } = camera.statistics
  const request = { kind: 'resend', channel: 0, block, extended, first: packet, last: packet } as const
  await host.send(gvcp.command(1, request, false))
  const [sent] = await host.packets(({ length }) => length === 1)
  expect(camera.statistics.resentPackets).toBe(resentPackets + 1)
  return parsePacket(sent!)
}

/** Let the camera do what is due: it answers commands in its turn. */
async function turns(host: Host): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await host.done({ kind: 'discovery' })
}

/** Places of packets, as `block/packet`, of one kind in a camera's record. */
const recorded = (records: readonly FrameRecord[], kind: 'damaged' | 'altered') =>
  records.flatMap((record) => numbersIn(record[kind]).map((packet) => `${record.id}/${packet}`))

describe('ids of 64 bits', () => {
  it('are in extended headers, do not wrap, and can be asked for again', async () => {
    const { camera, host } = await streaming({ extendedIds: true, firstBlockId: 65_535 }, 2)
    const packets = (await host.session(camera, 2)).map(parsePacket)
    expect(packets.every(({ isExtended }) => isExtended)).toBe(true)
    expect([...new Set(packets.map(({ block }) => block))]).toEqual([65_535, 65_536])
    expect(await host.read(Bootstrap.gvspConfiguration)).toEqual([0x4000_0000])
    const sent = await again(camera, host, 65_536n, 2, true)
    expect(sent).toEqual({
      ...packets.find(({ block, packet }) => block === 65_536 && packet === 2)!,
      status: 0,
    })
  })
})

describe('packets that are asked for again', () => {
  it.each([true, false])('are sent where the camera can: %s', async (resends) => {
    const { camera, host } = await streaming({ resends }, 1)
    await host.session(camera, 1)
    const [capability] = await host.read(Bootstrap.gvcpCapability)
    expect((capability! & GvcpCapability.packetResend) !== 0).toBe(resends)
    const request = { kind: 'resend', channel: 0, block: 1n, extended: false, first: 2, last: 2 } as const
    await host.send(gvcp.command(1, request, false))
    await turns(host)
    expect(camera.statistics).toMatchObject({ resendRequests: 1, resentPackets: resends ? 1 : 0 })
  })

  it.each([
    [true, 0x0100],
    [false, 0],
  ])('say so in their status, or not: %s', async (resendStatus, status) => {
    const { camera, host } = await streaming({ resendStatus }, 1)
    expect((await host.session(camera, 1)).map((packet) => parsePacket(packet).status)).toEqual(
      Array(LAST + 1).fill(0),
    )
    expect(await again(camera, host, 1n, 2)).toMatchObject({ block: 1, packet: 2, status })
  })

  it('are others, or those of another block, where that is the fault', async () => {
    const { camera, host } = await streaming({ faults: { resendWrong: 1 } }, 1)
    await host.session(camera, 1)
    const wrong = new Set<string>()
    for (let packet = 1; packet < LAST; packet++) {
      const sent = await again(camera, host, 1n, packet)
      expect([sent.block, sent.packet]).not.toEqual([1, packet])
      wrong.add(sent.block === 1 ? 'packet' : 'block')
    }
    expect(wrong).toEqual(new Set(['packet', 'block']))
  })

  it('are sent later where that is the fault', async () => {
    const { camera, host } = await streaming({ faults: { resendDelayMs: HOUR_MS } }, 1)
    await host.session(camera, 1)
    const request = { kind: 'resend', channel: 0, block: 1n, extended: false, first: 2, last: 2 } as const
    await host.send(gvcp.command(1, request, false))
    await turns(host)
    expect(camera.statistics).toMatchObject({ resendRequests: 1, resentPackets: 0 })
    const { camera: other, host: patient } = await streaming({ faults: { resendDelayMs: 50 } }, 1)
    await patient.session(other, 1)
    expect(await again(other, patient, 1n, 2)).toMatchObject({ block: 1, packet: 2 })
  })
})

describe('what goes wrong on the way', () => {
  it('are headers that are damaged: the record has those that belong to nothing', async () => {
    const { camera, host } = await streaming({ faults: { damage: 0.2 } }, 10)
    const packets = await host.session(camera, 10)
    expect(packets).toHaveLength(10 * (LAST + 1))
    const isIts = ({ status, block, format, packet }: ReturnType<typeof parsePacket>) =>
      status === 0 && block <= 10 && packet <= LAST && format === (packet === 0 ? 1 : packet === LAST ? 2 : 3)
    const own = packets.map(parsePacket).filter(isIts)
    const heard = new Set(own.map(({ block, packet }) => `${block}/${packet}`))
    const all = packets.map((_, n) => `${1 + Math.floor(n / (LAST + 1))}/${n % (LAST + 1)}`)
    const damaged = all.filter((place) => !heard.has(place))
    expect(damaged.length).toBeGreaterThan(10)
    expect(recorded(camera.records(), 'damaged')).toEqual(damaged)
  })

  it('are pixels that are altered: the record has their packets', async () => {
    const { camera, host } = await streaming({ faults: { alter: 0.2 } }, 10)
    const packets = (await host.session(camera, 10)).map(parsePacket)
    const isShown = ({ block, packet, content }: ReturnType<typeof parsePacket>) =>
      content.every((pixel, n) => {
        const at = (packet - 1) * PAYLOAD + n
        return pixel === expectedPixel(block - 1, Math.floor(at / IMAGE.width), at % IMAGE.width)
      })
    const altered = packets
      .filter((packet) => packet.format === 3 && !isShown(packet))
      .map(({ block, packet }) => `${block}/${packet}`)
    expect(altered.length).toBeGreaterThan(10)
    expect(recorded(camera.records(), 'altered')).toEqual(altered)
  })

  it('are frames that come late, in order', async () => {
    const { camera, host } = await streaming({ faults: { jitterMs: HOUR_MS } }, 1)
    await vi.waitUntil(() => camera.isStreaming, 10_000)
    await turns(host)
    expect(camera.statistics.frames).toBe(0)
    const { camera: other, host: patient } = await streaming({ faults: { jitterMs: 40 } }, 5)
    const blocks = (await patient.session(other, 5)).map((packet) => parsePacket(packet).block)
    expect(blocks).toEqual([1, 2, 3, 4, 5].flatMap((id) => Array(LAST + 1).fill(id)))
  })

  it('are packets of a stranger at the address that is given', async () => {
    const strangerAddress = loopbackAddress()
    const { camera, host } = await streaming({ hostile: 'foreign-sender', strangerAddress }, 2)
    const senders = new Set<string>()
    await host.packets(() => senders.size === 2, senders)
    expect(senders).toEqual(new Set([camera.address, strangerAddress]))
  })
})
