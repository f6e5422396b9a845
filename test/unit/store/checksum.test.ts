import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkedContent, soundContent, withChecksum } from '../../../ts/store/checksum.js'

const content = fc.dictionary(
  fc.string().filter((key) => key !== '__proto__'),
  fc.jsonValue({ maxDepth: 2 }),
  { minKeys: 1 },
)

describe('JSON with a checksum', () => {
  it('is read back as it was written, and is JSON', () => {
    fc.assert(
      fc.property(content, (given) => {
        const text = withChecksum(given)
        const plain = JSON.parse(JSON.stringify(given)) as object
        expect(soundContent(Buffer.from(text))).toEqual(plain)
        expect(JSON.parse(text)).toMatchObject({ checksum: expect.stringMatching(/^[0-9a-f]{64}$/) })
      }),
    )
  })

  it('is damaged with any one bit flipped, or any byte missing at its end', () => {
    const bytes = Buffer.from(withChecksum({ name: 'Wachstum €', chunks: [1, 2.5, null] }))
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const damaged = Buffer.from(bytes)
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      expect(soundContent(damaged), `bit ${bit}`).toBeUndefined()
    }
    for (let length = 0; length < bytes.length; length++)
      expect(() => checkedContent(bytes.subarray(0, length), 'a/file')).toThrow(
        expect.objectContaining({ code: 'server/store', details: { path: 'a/file', reason: 'damaged' } }),
      )
  })
})
