import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it, vi } from 'vitest'
import { CreditOutlet } from '../../../ts/gige/capture/credit-outlet.js'
import type { OutletMessage, ReaderMessage } from '../../../ts/gige/capture/frame-messages.js'
import { ImageMaker } from '../../../ts/gige/capture/image-maker.js'
import type { MadeFrame } from '../../../ts/gige/capture/outlet.js'
import { gige } from '../gige-vision/module.js'
import { blockOf, leaderOf } from './blocks.js'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

it('no more buffers are kept for frames to come than were ever under way', async () => {
  const { port1: reader, port2 } = new MessageChannel()
  const outlet = new CreditOutlet(port2, new ImageMaker(gige.pixels, 'little'))
  const held: MadeFrame[] = []
  reader.onmessage = ({ data }) => held.push(...(data as OutletMessage).frames)
  const tell = (message: ReaderMessage) => reader.postMessage(message, message.buffers)

  const side = 2048
  const image = new Uint8Array(side * side)
  const frames = 24
  for (let number = 1; number <= frames; number += 2) {
    tell({ want: 2, newestOnly: false, buffers: [] })
    for (const id of [number, number + 1]) {
      const block = blockOf(image, leaderOf(0x01080001, side, side), { blockId: BigInt(id) })
      outlet.take({ block, timestampNs: 0n, capturedAtNs: 0n })
    }
    await vi.waitUntil(() => held.length === number + 1, { timeout: 5000, interval: 1 })
  }
  const heldBytes = () => {
    collectGarbage()
    return process.memoryUsage().arrayBuffers
  }
  const before = heldBytes()
  tell({ want: 0, newestOnly: false, buffers: held.splice(0).map(({ buffer }) => buffer) })
  // The engine frees them bit by bit.
  const freed = () => Math.round((before - heldBytes()) / image.length)
  await vi.waitUntil(() => freed() >= frames - 2, { timeout: 5000, interval: 20 })
  expect(freed(), 'buffers that were let go').toBe(frames - 2)
  outlet.close()
})
