import { describe, expect, it, vi } from 'vitest'
import { findCameras } from '../../../ts/gige/discovery.js'
import { selectCamera } from '../../../ts/gige/selection.js'
import { loopbackAddress } from '../../gige/loopback.js'
import { IMPLEMENTATIONS } from '../datagrams/sockets.js'
import { gige } from '../gige-vision/module.js'
import { FakeCamera } from './fake-camera.js'

const { gvcp } = gige

describe.each(IMPLEMENTATIONS)('discovery by address through $name', ({ datagrams }) => {
  const parts = { gvcp, datagrams }

  it('finds each camera that is asked, sorted by address', async () => {
    const cameras = [
      await FakeCamera.open({ serialNumber: 'A' }),
      await FakeCamera.open({ serialNumber: 'B' }),
    ]
    const addresses = [cameras[1]!.address, loopbackAddress(), cameras[0]!.address]
    expect(await findCameras(parts, { timeoutMs: 300, interfaces: [], addresses })).toEqual(
      cameras.map(({ identity }) => ({
        ...identity,
        interfaceName: 'lo',
        interfaceIp: '127.0.0.1',
        reachable: true,
      })),
    )
  })

  it('asks again, and tells a camera that answers twice once', async () => {
    const camera = await FakeCamera.open()
    camera.script.push(() => {})
    const found = await findCameras(parts, { timeoutMs: 300, interfaces: [], addresses: [camera.address] })
    expect(found).toHaveLength(1)
    camera.heard.length = 0
    const again = await findCameras(parts, { timeoutMs: 300, interfaces: [], addresses: [camera.address] })
    expect(again).toEqual(found)
    expect(camera.heard).toHaveLength(2)
  })

  it('takes a camera to be where it answered, whatever it says', async () => {
    const camera = await FakeCamera.open({ address: '0.0.0.0' })
    const found = await findCameras(parts, { timeoutMs: 300, interfaces: [], addresses: [camera.address] })
    expect(found).toMatchObject([{ address: camera.address, reachable: true }])
  })

  it('ends early where it found enough', async () => {
    const camera = await FakeCamera.open({ serialNumber: 'HERE' })
    const addresses = [loopbackAddress(), camera.address, loopbackAddress()]
    const options = { timeoutMs: 3_600_000, interfaces: [], addresses }
    const found = await findCameras(parts, options, ({ serialNumber }) => serialNumber === 'HERE')
    expect(found.map(({ address }) => address)).toEqual([camera.address])
  })

  it('passes over what is no answer to it', async () => {
    const camera = await FakeCamera.open()
    camera.always = ({ heard, answer, send }) => {
      send(Uint8Array.of(1, 2, 3))
      send(gvcp.ack((heard.requestId % 65_535) + 1, 0, { kind: 'discovery', device: camera.identity }))
      send(gvcp.ack(heard.requestId, 0x8007, { kind: 'refused' }, 0x0002))
      send(gvcp.ack(heard.requestId, 0, { kind: 'force-ip' }))
      camera.identity = { ...camera.identity, serialNumber: 'TRUE' }
      send(answer())
    }
    const found = await findCameras(parts, { timeoutMs: 300, interfaces: [], addresses: [camera.address] })
    expect(found.map(({ serialNumber }) => serialNumber)).toEqual(['TRUE'])
  })

  it.each([
    [{ addresses: ['camera'] }, 'addresses'],
    [{ interfaces: ['no-such-interface'] }, 'interfaces'],
  ])('refuses %j', async (options, option) => {
    await expect(findCameras(parts, options)).rejects.toMatchObject({
      code: 'gige/option',
      details: { option },
    })
  })

  it('asks nobody else for a camera of this host', async () => {
    const open = vi.fn(datagrams.open)
    const nowhere = loopbackAddress()
    await expect(
      selectCamera({ gvcp, datagrams: { ...datagrams, open } }, nowhere, { discoveryTimeoutMs: 100 }),
    ).rejects.toMatchObject({ code: 'gige/not-found', details: { selector: nowhere } })
    expect(open).toHaveBeenCalledOnce()
  })

  it('selects a camera by its address', async () => {
    const camera = await FakeCamera.open()
    expect(await selectCamera(parts, camera.address, { interfaceIp: '127.0.0.1' })).toMatchObject({
      serialNumber: 'FAKE1',
      interfaceIp: '127.0.0.1',
      interfaceName: 'lo',
    })
    const nowhere = loopbackAddress()
    const options = { interfaceIp: '127.0.0.1', discoveryTimeoutMs: 100 }
    await expect(selectCamera(parts, nowhere, options)).rejects.toMatchObject({
      code: 'gige/not-found',
      details: { selector: nowhere },
    })
  })
})
