import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeBatch, PACKET_WORDS, type Packet, packetAt, putPacket } from '../../../ts/datagrams/batch.js'
import { IMPLEMENTATIONS, LOCAL, open, payload, receiveAll, refused } from './sockets.js'

const EVERYONE = '127.255.255.255'
const ANY = '0.0.0.0'

describe.each(IMPLEMENTATIONS)('datagrams through $name', ({ datagrams, native }) => {
  it('arrive whole, in order, with their sender and time', async () => {
    const receiver = await open(datagrams)
    const sender = await open(datagrams)
    const lengths = [0, 1, 36, 1472, 8972, 65_507, 3]
    const before = BigInt(Date.now()) * 1_000_000n
    for (const length of lengths) await sender.send(payload(length), receiver.local)
    const packets = await receiveAll(receiver, lengths.length, makeBatch(8, 65_535))
    expect(packets.map(({ length }) => length)).toEqual(lengths)
    for (const { bytes, length, from } of packets) {
      expect(Buffer.compare(bytes, payload(length)), `${length} bytes`).toBe(0)
      expect(from).toEqual({ address: LOCAL, port: sender.local.port })
    }
    const after = BigInt(Date.now() + 1) * 1_000_000n
    const inTime = ({ receivedAtNs }: Packet) => receivedAtNs >= before && receivedAtNs < after
    expect(packets.filter(inTime)).toHaveLength(lengths.length)
  })

  it('fill slots of any size, and no byte beside them', async () => {
    const receiver = await open(datagrams)
    const sender = await open(datagrams)
    const lengths = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 40 })
    const slots = fc.integer({ min: 1, max: 50 })
    const slotBytes = fc.integer({ min: 1, max: 300 })
    await fc.assert(
      fc.asyncProperty(lengths, slots, slotBytes, async (lengths, slots, slotBytes) => {
        for (const [at, length] of lengths.entries()) await sender.send(payload(length, at), receiver.local)
        // A view with ground around it, and with less than a slot at its end.
        const ground = new Uint8Array(8 + slots * slotBytes + (slotBytes - 1) + 8).fill(0xee)
        const memory = ground.subarray(8, -8)
        const words = new Uint32Array(slots * PACKET_WORDS + 4).fill(0xeeeeeeee)
        const batch = { memory, slotBytes, table: words.subarray(0, -2) }
        const packets = await receiveAll(receiver, lengths.length, batch)
        expect(packets.map(({ length }) => length)).toEqual(lengths)
        for (const [at, { bytes, length }] of packets.entries()) {
          expect(bytes).toEqual(payload(length, at).subarray(0, slotBytes))
        }
        const beside = [...ground.subarray(0, 8), ...ground.subarray(8 + slots * slotBytes)]
        expect(beside.every((byte) => byte === 0xee)).toBe(true)
        expect([...words.subarray(-4)].every((word) => word === 0xeeeeeeee)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('go into WebAssembly memory, also after it grew', async () => {
    const receiver = await open(datagrams)
    const sender = await open(datagrams)
    const memory = new WebAssembly.Memory({ initial: 1 })
    const view = () => ({
      memory: new Uint8Array(memory.buffer, 4096, 8 * 512),
      slotBytes: 512,
      table: new Uint32Array(memory.buffer, 64, 8 * PACKET_WORDS),
    })
    for (const seed of [1, 2, 3]) {
      await sender.send(payload(400, seed), receiver.local)
      const waiting = receiver.arrival(5_000)
      memory.grow(1)
      expect(await waiting).toBe(true)
      expect(receiver.receive(view())).toBe(1)
      expect(new Uint8Array(memory.buffer, 4096, 400)).toEqual(payload(400, seed))
      expect(packetAt(view(), 0).from).toEqual(sender.local)
    }
  })

  it('leave what does not fit for the next batch', async () => {
    const receiver = await open(datagrams)
    const sender = await open(datagrams)
    for (let at = 0; at < 7; at++) await sender.send(Uint8Array.of(at), receiver.local)
    const batch = makeBatch(3, 16)
    const seen: number[][] = []
    while (seen.flat().length < 7 && (await receiver.arrival(5_000))) {
      const count = receiver.receive(batch)
      seen.push(Array.from({ length: count }, (_, slot) => packetAt(batch, slot).bytes[0]!))
    }
    expect(seen.every((batch) => batch.length <= 3)).toBe(true)
    expect(seen.flat()).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  it('are not waited for by receive, and by arrival for its time', async () => {
    const receiver = await open(datagrams)
    expect(receiver.receive(makeBatch(1, 16))).toBe(0)
    expect(receiver.receive(makeBatch(1, 16), 5)).toBe(0)
    expect(await receiver.arrival(20)).toBe(false)
    expect(await receiver.arrival(0)).toBe(false)
    const waiting = [receiver.arrival(60_000), receiver.arrival(60_000), receiver.arrival(20)]
    expect(await waiting[2]).toBe(false)
    const sender = await open(datagrams)
    await sender.send(Uint8Array.of(7), receiver.local)
    expect(await Promise.all(waiting)).toEqual([true, true, false])
    expect(await receiver.arrival(0)).toBe(true)
    expect(receiver.receive(makeBatch(1, 16))).toBe(1)
    expect(await receiver.arrival(0)).toBe(false)
  })

  it('come from many senders, each with its own in order', async () => {
    const receiver = await open(datagrams)
    const senders = await Promise.all(Array.from({ length: 20 }, () => open(datagrams)))
    for (let round = 0; round < 10; round++) {
      await Promise.all(senders.map((sender) => sender.send(Uint8Array.of(round), receiver.local)))
    }
    const packets = await receiveAll(receiver, 200)
    for (const { local } of senders) {
      const own = packets.filter(({ from }) => from.port === local.port)
      expect(own.map(({ bytes }) => bytes[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    }
  })

  it('are sent by the batch, and the batch is free at once', async () => {
    const receivers = [await open(datagrams), await open(datagrams)]
    const sender = await open(datagrams)
    const batch = makeBatch(150, 600)
    for (let at = 0; at < 150; at++) putPacket(batch, at, payload(at * 4), receivers[at % 2]!.local)
    const sending = sender.sendMany(batch, 140)
    batch.memory.fill(0)
    batch.table.fill(0)
    expect(await sending).toBe(140)
    for (const [side, receiver] of receivers.entries()) {
      const packets = await receiveAll(receiver, 70)
      expect(packets.map(({ length }) => length)).toEqual(
        Array.from({ length: 70 }, (_, at) => (at * 2 + side) * 4),
      )
      for (const { bytes, length } of packets) expect(bytes).toEqual(payload(length))
    }
    expect(await sender.sendMany(makeBatch(1, 1), 0)).toBe(0)
  })

  it('that cannot be sent are told, what comes before them is sent', async () => {
    const receiver = await open(datagrams)
    const sender = await open(datagrams)
    const tooLong = new Uint8Array(65_520)
    await expect(sender.send(tooLong, receiver.local)).rejects.toMatchObject(
      refused('datagrams/send', 'EMSGSIZE'),
    )
    for (const to of [
      { address: 'camera', port: 3956 },
      { address: LOCAL, port: 65_536 },
      { address: LOCAL, port: 0 },
    ]) {
      await expect(sender.send(Uint8Array.of(1), to)).rejects.toMatchObject(
        refused('datagrams/send', 'EINVAL'),
      )
    }
    const batch = makeBatch(4, 65_535)
    for (const [at, bytes] of [Uint8Array.of(1), Uint8Array.of(2), tooLong, Uint8Array.of(4)].entries()) {
      putPacket(batch, at, bytes, receiver.local)
    }
    expect(await sender.sendMany(batch, 4)).toBe(2)
    batch.memory.copyWithin(0, 2 * batch.slotBytes)
    batch.table.copyWithin(0, 2 * PACKET_WORDS)
    await expect(sender.sendMany(batch, 2)).rejects.toMatchObject(refused('datagrams/send', 'EMSGSIZE'))
    const short = makeBatch(2, 3)
    putPacket(short, 0, payload(4), receiver.local)
    for (const [batch, count] of [[short, 1] as const, [makeBatch(2, 3), 3] as const]) {
      await expect(sender.sendMany(batch, count)).rejects.toMatchObject(refused('datagrams/send', 'EINVAL'))
    }
    const packets = await receiveAll(receiver, 2)
    expect(packets.map(({ bytes }) => [...bytes])).toEqual([[1], [2]])
    expect(await receiver.arrival(20)).toBe(false)
  })

  it('reach everyone on a network, where that is asked for', async () => {
    const { local } = await open(datagrams, { address: ANY, shared: true })
    const receivers = [
      await open(datagrams, { address: ANY, port: local.port, shared: true }),
      await open(datagrams, { address: EVERYONE, port: local.port, shared: true }),
    ]
    const to = { address: EVERYONE, port: local.port }
    const sender = await open(datagrams)
    await expect(sender.send(Uint8Array.of(9), to)).rejects.toMatchObject(refused('datagrams/send', 'EACCES'))
    const caller = await open(datagrams, { broadcast: true })
    await caller.send(Uint8Array.of(9), to)
    for (const receiver of receivers) expect((await receiveAll(receiver, 1))[0]?.from).toEqual(caller.local)
  })

  it('keep to a device', async () => {
    const receiver = await open(datagrams, { address: ANY, device: 'lo' })
    const sender = await open(datagrams, { device: 'lo' })
    await sender.send(Uint8Array.of(1), { address: LOCAL, port: receiver.local.port })
    expect(await receiveAll(receiver, 1)).toHaveLength(1)
    await expect(open(datagrams, { device: 'none0' })).rejects.toMatchObject({
      code: 'datagrams/open',
      details: { device: 'none0', errno: 'ENODEV' },
    })
  })

  it('say what receive buffer was granted', async () => {
    expect((await open(datagrams, { receiveBufferBytes: 65_536 })).receiveBufferBytes).toBe(65_536)
    const most = Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8'))
    const { receiveBufferBytes } = await open(datagrams, { receiveBufferBytes: most * 2 })
    // Root may have more than the system's most, but not through Node.
    expect(native ? [most, most * 2] : [most]).toContain(receiveBufferBytes)
  })

  it('tell why a socket cannot be opened', async () => {
    const { local } = await open(datagrams)
    const cases = [
      [{ port: local.port }, 'EADDRINUSE'],
      [{ port: local.port, shared: true }, 'EADDRINUSE'],
      [{ address: '198.51.100.7' }, 'EADDRNOTAVAIL'],
      [{ address: 'camera' }, 'EINVAL'],
      [{ port: 65_536 }, 'EINVAL'],
      [{ port: 0.5 }, 'EINVAL'],
    ] as const
    for (const [options, errno] of cases) {
      await expect(open(datagrams, options)).rejects.toMatchObject(refused('datagrams/open', errno))
    }
  })

  it('end with the socket, also where they are waited for', async () => {
    const socket = await open(datagrams)
    const closed = { code: 'datagrams/closed', details: socket.local }
    const waiting = socket.arrival(60_000)
    await socket.send(Uint8Array.of(1), socket.local)
    expect(await waiting).toBe(true)
    socket.receive(makeBatch(1, 16))
    const cut = socket.arrival(60_000)
    await socket.close()
    expect(await cut).toBe(false)
    await socket.close()
    expect(() => socket.receive(makeBatch(1, 16))).toThrow(expect.objectContaining(closed))
    await expect(socket.arrival(1)).rejects.toMatchObject(closed)
    await expect(socket.send(Uint8Array.of(1), socket.local)).rejects.toMatchObject(closed)
    await expect(socket.sendMany(makeBatch(1, 16), 1)).rejects.toMatchObject(closed)
    expect(socket.kernelDrops).toBe(native ? 0 : undefined)
    expect((await open(datagrams, { port: socket.local.port })).local).toEqual(socket.local)
  })

  it('do not keep the process alive, but for those that are waited for', async () => {
    const active = () => process.getActiveResourcesInfo().sort()
    const before = active()
    const socket = await open(datagrams)
    expect(active()).toEqual(before)
    const waiting = socket.arrival(20)
    expect(active().length).toBeGreaterThan(before.length)
    await waiting
  })
})
