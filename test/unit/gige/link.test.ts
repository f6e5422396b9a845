import { afterAll, beforeAll, expect, it } from 'vitest'
import { shimDatagrams } from '../../../ts/datagrams/shim-node.js'
import { ControlChannel } from '../../../ts/gige/capture/control-channel.js'
import { findCameras } from '../../../ts/gige/discovery.js'
import { moveCamera } from '../../../ts/gige/force-ip.js'
import { selectCamera } from '../../../ts/gige/selection.js'
import { Bootstrap } from '../../../ts/gige-vision/bootstrap.js'
import { type Link, layLink } from '../../gige/network.js'
import { describeWithLink } from '../../gige/suite.js'
import { gige } from '../gige-vision/module.js'
import { FakeCamera } from './fake-camera.js'
import { linkCamera } from './link-camera.js'

const MAC = '00:11:1c:f5:3a:b2'
/** The first that answers is enough: it may take its time. */
const isThere = () => true

describeWithLink('cameras behind an interface', () => {
  const { gvcp } = gige
  const parts = { gvcp, datagrams: shimDatagrams() }
  let link: Link
  beforeAll(async () => {
    link = await layLink()
  })
  afterAll(() => link?.close())

  it('are found by broadcast, known by each of their names, and moved to another address', async () => {
    await linkCamera(link, {})
    const camera = {
      serialNumber: 'LINK1',
      address: link.there,
      interfaceName: link.device,
      interfaceIp: link.here,
      reachable: true,
    }
    for (const interfaces of [[link.device], [link.here]]) {
      expect(await findCameras(parts, { timeoutMs: 60_000, interfaces }, isThere)).toMatchObject([camera])
    }
    for (const name of ['LINK1', 'bench', link.there, MAC]) {
      expect(
        await selectCamera(parts, name, { interfaceIp: link.here, discoveryTimeoutMs: 60_000 }),
      ).toMatchObject(camera)
    }
    await expect(
      selectCamera(parts, 'OTHER', { interfaceIp: link.here, discoveryTimeoutMs: 2000 }),
    ).rejects.toMatchObject({
      code: 'gige/not-found',
      details: { selector: 'OTHER', found: [`LINK1 at ${link.there} on ${link.device}`] },
    })
    const address = link.there.replace(/\d+$/, '77')
    const moved = await moveCamera(parts, { mac: MAC.toUpperCase(), address, interface: link.device })
    expect(moved).toMatchObject({ ...camera, address })
    await expect(
      moveCamera(parts, { mac: '00:00:00:00:00:01', address, interface: link.device, timeoutMs: 600 }),
    ).rejects.toMatchObject({ code: 'gige/no-answer', details: { address } })
  })

  it('are found once, and can be controlled, where they are simulated on this host', async () => {
    const camera = await FakeCamera.open({}, link.here)
    const addresses = [link.here]
    const found = await findCameras(parts, { timeoutMs: 1000, interfaces: [link.device], addresses })
    const here = found.filter(({ address }) => address === link.here)
    expect(here).toMatchObject([{ interfaceName: link.device, interfaceIp: link.here, reachable: true }])
    const selected = await selectCamera(parts, link.here, { interfaceIp: link.here })
    const channel = await ControlChannel.open(gvcp, parts.datagrams, selected)
    expect(await channel.readRegister(Bootstrap.controlChannelPrivilege)).toBe(0)
    expect(camera.heard.at(-1)!.command.kind).toBe('read-registers')
    await channel.close()
  })
})

describeWithLink('a camera in a foreign subnet', () => {
  const parts = { gvcp: gige.gvcp, datagrams: shimDatagrams() }
  let link: Link
  beforeAll(async () => {
    link = await layLink()
  })
  afterAll(() => link?.close())

  it('is found, not reachable, with the line that makes it so; that line works', async () => {
    await linkCamera(link, { address: '203.0.113.9' })
    const interfaces = [link.device]
    const found = await findCameras(parts, { timeoutMs: 60_000, interfaces }, isThere)
    expect(found).toMatchObject([{ address: '203.0.113.9', interfaceName: link.device, reachable: false }])
    const refusal = await selectCamera(parts, 'LINK1', {
      interfaceIp: link.here,
      discoveryTimeoutMs: 2000,
    }).catch((error) => error)
    expect(refusal.code).toBe('gige/not-found')
    const line = /await forceIp\((\{.*\})\)/.exec(refusal.message)![1]!
    const options = JSON.parse(line.replace(/(\w+):\s/g, '"$1":').replaceAll("'", '"'))
    expect(options).toEqual({ mac: MAC, address: link.there, interface: link.device })
    expect(await moveCamera(parts, options)).toMatchObject({ address: link.there, reachable: true })
  })
})

describeWithLink('a camera that refuses another address', () => {
  let link: Link
  beforeAll(async () => {
    link = await layLink()
  })
  afterAll(() => link?.close())

  it('is told', async () => {
    await linkCamera(link, {}, { refuses: true })
    const parts = { gvcp: gige.gvcp, datagrams: shimDatagrams() }
    const options = { mac: MAC, address: link.there, interface: link.device }
    await expect(moveCamera(parts, options)).rejects.toMatchObject({
      code: 'gige/refused',
      details: { command: 'force IP', statusName: 'GEV_STATUS_ACCESS_DENIED' },
    })
  })
})
