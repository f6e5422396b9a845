import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readInterfaces } from '../../../ts/datagrams/interfaces-node.js'
import { shimDatagrams } from '../../../ts/datagrams/shim-node.js'
import { describeWithLink } from '../../gige/suite.js'
import { type Link, layLink } from './link.js'
import { IMPLEMENTATIONS, LOCAL, open, payload, receiveAll, refused } from './sockets.js'

const ANY = '0.0.0.0'

describeWithLink('a link to another host', () => {
  let link: Link
  beforeAll(async () => {
    link = await layLink()
  })
  afterAll(() => link.close())

  const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes)

  describe.each(IMPLEMENTATIONS)('through $name', ({ datagrams }) => {
    it('carries packets longer than its MTU in fragments', async () => {
      const socket = await open(datagrams, { address: link.here })
      for (const length of [1472, 1473, 8972]) {
        await socket.send(payload(length), { address: link.there, port: link.echoPort })
        const [answer] = await receiveAll(socket, 1)
        expect(text(answer?.bytes)).toBe(String(length))
        expect(answer?.from).toEqual({ address: link.there, port: link.echoPort })
      }
    })

    it('carries broadcasts of the device and of the subnet', async () => {
      const socket = await open(datagrams, { address: ANY, device: link.device, broadcast: true })
      for (const address of ['255.255.255.255', link.here.replace(/\d+$/, '255')]) {
        await socket.send(payload(8), { address, port: link.echoPort })
        const [answer] = await receiveAll(socket, 1)
        expect(answer?.from, address).toEqual({ address: link.there, port: link.echoPort })
      }
    })
  })

  describe('through the shim', () => {
    const shim = shimDatagrams()

    it('refuses a packet longer than its MTU where fragments are forbidden', async () => {
      const socket = await open(shim, { address: link.here, dontFragment: true })
      const to = { address: link.there, port: link.echoPort }
      await expect(socket.send(payload(1473), to)).rejects.toMatchObject(
        refused('datagrams/send', 'EMSGSIZE'),
      )
      await socket.send(payload(1472), to)
      expect(text((await receiveAll(socket, 1))[0]?.bytes)).toBe('1472')
    })

    it('gives root more receive buffer than the system gives others', async () => {
      const receiveBufferBytes = 2 * Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8'))
      expect((await open(shim, { receiveBufferBytes })).receiveBufferBytes).toBe(receiveBufferBytes)
    })

    it('is all that a socket of its device hears', async () => {
      const socket = await open(shim, { address: ANY, device: link.device })
      const local = await open(shim)
      await local.send(payload(1), { address: LOCAL, port: socket.local.port })
      await socket.send(payload(2), { address: link.there, port: link.echoPort })
      const packets = await receiveAll(socket, 1)
      expect(packets.map(({ from }) => from.address)).toEqual([link.there])
      expect(await socket.arrival(20)).toBe(false)
    })

    it('lets a host of a foreign subnet be heard', async () => {
      const socket = await open(shim, { address: ANY, device: link.device, broadcast: true })
      await socket.send(payload(1), { address: '255.255.255.255', port: link.shoutPort })
      const [answer] = await receiveAll(socket, 1)
      expect(text(answer?.bytes)).toBe('here')
      expect(answer?.from.address).toBe(link.foreign)
    })
  })

  it('is in the list of interfaces, with its state', async () => {
    const find = () => readInterfaces().find(({ name }) => name === link.device)
    expect(find()).toMatchObject({
      kind: 'virtual',
      mtu: 1500,
      mac: expect.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/),
      up: true,
      running: true,
      addresses: [{ address: link.here, netmask: '255.255.255.0', linkLocal: false }],
    })
    link.ip('here', `link set ${link.device} mtu 9000`)
    link.ip('there', 'link set end down')
    await expect.poll(find).toMatchObject({ mtu: 9000, up: true, running: false })
    link.ip('here', `link set ${link.device} down`)
    expect(find()).toMatchObject({ up: false, running: false, addresses: [] })
  })

  it('that is taken away is told by the next packet', async () => {
    const shim = shimDatagrams()
    link.ip('here', `link set ${link.device} up`)
    const socket = await open(shim, { address: ANY, device: link.device })
    link.ip('here', `link del ${link.device}`)
    expect(socket.receive({ memory: new Uint8Array(64), slotBytes: 64, table: new Uint32Array(5) })).toBe(0)
    await expect(socket.send(payload(1), { address: link.there, port: link.echoPort })).rejects.toMatchObject(
      refused('datagrams/send', 'ENODEV'),
    )
    expect(readInterfaces().some(({ name }) => name === link.device)).toBe(false)
  })
})
