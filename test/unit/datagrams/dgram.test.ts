import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { makeBatch, slotsOf } from '../../../ts/datagrams/batch.js'
import { dgramDatagrams } from '../../../ts/datagrams/dgram-node.js'
import { open, payload, receiveAll } from './sockets.js'

const dgram = dgramDatagrams()

describe("Node's sockets", () => {
  it('hold a bounded number of packets that nobody receives, and count the rest', async () => {
    const receiver = await open(dgram)
    const sender = await open(dgram)
    let sent = 0
    while (receiver.queueDrops < 50 && sent < 5000) {
      for (let at = 0; at < 20; at++, sent++) await sender.send(payload(1000), receiver.local)
      await turn()
    }
    expect(receiver.queueDrops).toBeGreaterThanOrEqual(50)
    const batch = makeBatch(5000, 1000)
    let held = receiver.receive(batch)
    expect(held * 1000).toBeLessThan(1024 * 1024)
    while (held + receiver.queueDrops < sent && (await receiver.arrival(5_000)))
      held += receiver.receive(batch)
    expect(held + receiver.queueDrops).toBe(sent)
    expect(held).toBeLessThan(slotsOf(batch))

    await sender.send(payload(10), receiver.local)
    expect(await receiveAll(receiver, 1)).toHaveLength(1)
  })

  it('say that they cannot forbid fragments', async () => {
    await expect(open(dgram, { dontFragment: true })).rejects.toMatchObject({
      code: 'datagrams/unsupported',
      details: { option: 'dontFragment' },
    })
  })
})
