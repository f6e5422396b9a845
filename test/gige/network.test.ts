import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Capture, capture } from './capture.js'
import { type Link, layLink } from './network.js'
import { aravisCamera, PYTHON, VIVA_HOST, vivaCamera } from './peers/peers.js'
import { describeWithPeers } from './suite.js'

// Cameras and hosts of others with each other: what they do here they do as well with ours.
describeWithPeers('a link with peers at both ends', ['arv-tool-0.8', 'tshark', PYTHON, VIVA_HOST], () => {
  let link: Link
  beforeAll(async () => {
    link = await layLink({ apart: true })
  })
  afterAll(() => link?.close())

  async function heard(capturing: Capture) {
    const what = await capturing.stop()
    return { ...what, [Symbol.dispose]: what.remove }
  }

  it('carries discovery, control and frames of aravis, which tshark finds well-formed', async () => {
    const capturing = await capture(link)
    const camera = await aravisCamera(link, { serial: 'LINK1' })
    const tool = link.run('here', 'arv-tool-0.8', [])
    await tool.line(/Aravis-Fake-LINK1/)
    const test = link.run('here', 'arv-camera-test-0.8', [
      '-n',
      'Aravis-Fake-LINK1',
      '-w',
      '64',
      '-h',
      '16',
      '--duration=2',
    ])
    expect(await test.ended()).toBe(0)
    const [, frames] = await test.line(/n_completed_buffers\s*= (\d+)/)
    await camera.stop()
    using packets = await heard(capturing)
    const trailers = await packets.packets('gvsp.format == 2', 'gvsp.blockid16')
    expect(Number(frames)).toBeGreaterThan(0)
    expect(trailers.length).toBeGreaterThanOrEqual(Number(frames))
    expect(await packets.malformed('gvcp || gvsp')).toEqual([])
  })

  it('carries the resends of viva', async () => {
    const capturing = await capture(link)
    const camera = await vivaCamera(link, { width: 64, height: 64, fps: 10, drop_packets: [[2, 1]] })
    const host = link.run('here', VIVA_HOST, [
      'stream',
      '--ip',
      link.there,
      '--duration-s',
      '1',
      '--save',
      '0',
    ])
    await host.line(/Summary: .* incomplete=0 .* resend=1\/1\/0/)
    camera.tell('')
    await camera.stop()
    using packets = await heard(capturing)
    expect(await packets.packets('gvcp.cmd.command == 0x0040', 'ip.dst')).toEqual([{ 'ip.dst': link.there }])
  })

  it('is long enough for frames of its MTU, and no longer', async () => {
    const jumbo = await layLink({ mtu: 9000, apart: true })
    try {
      const ping = (bytes: number) =>
        jumbo.run('there', PYTHON, ['-c', PING, jumbo.here, String(bytes - 28)]).ended()
      expect(await ping(9000)).toBe(0)
      expect(await ping(9001)).not.toBe(0)
    } finally {
      await jumbo.close()
    }
  })
})

/** Send a packet that may not be cut into fragments; IP_MTU_DISCOVER is 10, IP_PMTUDISC_DO 2. */
const PING = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, 10, 2)
s.sendto(bytes(int(sys.argv[2])), (sys.argv[1], 9))`
