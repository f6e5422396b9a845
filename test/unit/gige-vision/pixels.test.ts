import { expect, it } from 'vitest'
import { gige } from './module.js'

it('images that are unpacked may be larger than all memory so far', () => {
  for (const megabytes of [1, 4, 16]) {
    const bytes = megabytes << 20
    const values = new Uint16Array(bytes / 2)
    const image = { format: 'u16be', bytes, height: 1024, width: bytes / 2048 } as const
    gige.pixels.unpack(image, (into) => into.fill(megabytes), values)
    expect(values.every((value) => value === megabytes * 257)).toBe(true)
  }
})
