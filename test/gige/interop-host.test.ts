import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Capture, capture, type Heard } from './capture.js'
import { type Link, layLink } from './network.js'
import { ourHost } from './ours/ours.js'
import { aravisCamera, PYTHON, vivaCamera } from './peers/peers.js'
import type { Running } from './process.js'
import { describeWithPeers } from './suite.js'

const NOTHING_LOST = { camera: 0, wire: 0, kernel: 0, app: 0 }

// Our host with cameras of others. What it sends is read by tshark.
describeWithPeers('our host', ['arv-fake-gv-camera-0.8', 'tshark', PYTHON], () => {
  let link: Link
  let capturing: Capture | undefined
  let heard: Heard | undefined
  let peer: Running | undefined
  beforeAll(async () => {
    link = await layLink({ apart: true })
  })
  afterEach(async () => {
    await peer?.stop()
    await capturing?.stop()
    heard?.remove()
    peer = capturing = heard = undefined
  })
  afterAll(() => link?.close())

  /** What was heard; tshark must have found nothing wrong with what we sent. */
  async function hear(): Promise<Heard> {
    heard = await capturing!.stop()
    capturing = undefined
    const ours = `gvcp && ip.src == ${link.here}`
    expect(await heard.count(ours)).toBeGreaterThan(0)
    expect(await heard.malformed(ours)).toEqual([])
    return heard
  }

  describe('with the fake camera of aravis', () => {
    it('discovers it, and reads and sets its features by their names', async () => {
      peer = await aravisCamera(link, { serial: 'HOST1' })
      capturing = await capture(link)
      const { found, answers } = await ourHost(link, {
        discover: {},
        open: 'HOST1',
        calls: [
          ['setWidth', 320],
          ['setHeight', 200],
          ['setExposureTime', 2000],
          // Where its Width is.
          ['readRegister', 0x100],
        ],
        features: ['DeviceID', 'PayloadSize', 'SensorWidth'],
      })
      expect(found).toMatchObject([
        {
          manufacturer: 'Aravis',
          model: 'Fake',
          serialNumber: 'HOST1',
          address: link.there,
          interfaceIp: link.here,
          interfaceName: link.device,
          reachable: true,
        },
      ])
      expect(answers).toEqual([320, 200, 2000, 320, 'HOST1', 320 * 200, 2048])
      await hear()
    })

    it('takes in 500 frames of 512 x 512 at 100 a second, all whole', async () => {
      peer = await aravisCamera(link, { serial: 'HOST2' })
      capturing = await capture(link)
      const { frames, statistics } = await ourHost(link, {
        open: link.there,
        calls: [
          ['setWidth', 512],
          ['setHeight', 512],
          ['setFrameRate', 100],
        ],
        acquire: { frames: 500 },
      })
      const first = frames[0]?.blockId ?? 0
      expect(frames).toEqual(
        Array.from({ length: 500 }, (_, n) => ({
          // Ids of 16 bits, without 0.
          blockId: ((first - 1 + n) % 65_535) + 1,
          shape: [512, 512],
          dtype: 'uint8',
          complete: true,
        })),
      )
      expect(statistics.losses).toEqual(NOTHING_LOST)
      const packets = await hear()
      // Whoever reads its packets with other eyes counts as many images.
      expect(await packets.count('gvsp.format == 2')).toBeGreaterThanOrEqual(statistics.complete)
    })
  })

  describe('with the fake camera of viva', () => {
    it('asks for what was lost: payload, leader, and a short last packet', async () => {
      // 64 x 64 bytes in packets of 576 bytes: leader, seven of 540 bytes, one of 316, trailer.
      const drop_packets: [number, number][] = [
        [2, 1],
        [3, 0],
        [4, 8],
        [5, 4],
        [5, 5],
      ]
      peer = await vivaCamera(link, { width: 64, height: 64, fps: 20, drop_packets })
      capturing = await capture(link)
      const { frames, statistics } = await ourHost(link, {
        open: link.there,
        // A fake camera that is not let run answers later than any real one.
        acquire: { frames: 10, packetSize: 576, resend: { attempts: 40 } },
      })
      expect(frames).toEqual(
        Array.from({ length: 10 }, (_, n) => ({
          blockId: n + 1,
          shape: [64, 64],
          dtype: 'uint8',
          complete: true,
        })),
      )
      expect(statistics).toMatchObject({ losses: NOTHING_LOST, recovered: 4 })
      const packets = await hear()
      const asked = await packets.packets(
        'gvcp.cmd.command == 0x0040',
        'gvcp.cmd.resend.blockid',
        'gvcp.cmd.resend.firstpacketid',
        'gvcp.cmd.resend.lastpacketid',
      )
      // Each as often as it takes.
      expect([...new Set(asked.map((fields) => Object.values(fields).map(Number).join()))]).toEqual([
        '2,1,1',
        '3,0,0',
        '4,8,8',
        '5,4,5',
      ])
    })

    it('waits where it says that a command takes longer, and does not give it again', async () => {
      const [height, seconds] = [0x20004, 1.5]
      peer = await vivaCamera(link, { width: 64, height: 48, delay_ack: { [height]: seconds } })
      capturing = await capture(link)
      const { answers } = await ourHost(link, { open: link.there, calls: [['readMemory', height, 4]] })
      expect(answers).toEqual([{ 0: 0, 1: 0, 2: 0, 3: 48 }])
      const packets = await hear()
      expect(await packets.count('gvcp.ack == 0x0089')).toBeGreaterThan(0)
      expect(await packets.count('gvcp.cmd.command == 0x0084')).toBe(1)
    })
  })
})
