import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasCode } from '../../../ts/errors.js'
import type { FeatureDetails, FeatureValue } from '../../../ts/genicam/feature.js'
import { description } from '../../../ts/simulator/description.js'
import { openCamera } from './camera.js'

/** How many bits, which of them, signed or not, and in which byte order. */
const register = fc
  .record({
    bytes: fc.constantFrom(1, 2, 4, 8),
    signed: fc.boolean(),
    little: fc.boolean(),
    from: fc.nat(62),
    to: fc.nat(62),
  })
  .map(({ bytes, signed, little, from, to }) => {
    const last = bytes * 8 - 1
    const [low, high] = [Math.min(from, to, last), Math.min(Math.max(from, to), last)]
    return { bytes, signed, little, low, high }
  })

describe('what was set is got, or was refused', () => {
  it('whole numbers, by what their register can hold', async () => {
    await fc.assert(
      fc.asyncProperty(register, fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), async (of, value) => {
        const { bytes, signed, little, low, high } = of
        // Bits are counted from the least significant in little endian, from the most in big endian.
        const [lsb, msb] = little ? [low, high] : [high, low]
        const { camera, features } = await openCamera(
          `<RegisterDescription><MaskedIntReg Name="A"><Address>16</Address><Length>${bytes}</Length>
          <AccessMode>RW</AccessMode><LSB>${lsb}</LSB><MSB>${msb}</MSB><Sign>${signed ? 'Signed' : 'Unsigned'}</Sign>
          <Endianess>${little ? 'LittleEndian' : 'BigEndian'}</Endianess></MaskedIntReg></RegisterDescription>`,
        )
        for (let k = 0; k < bytes; k++) camera.memory.set(16 + k, 0xa5)
        const bits = BigInt(high - low + 1)
        const max = 2n ** (bits - (signed ? 1n : 0n)) - 1n
        const min = signed ? -max - 1n : 0n
        const outcome = await features
          .set('A', value)
          .then(BigInt as (v: FeatureValue) => bigint, (error) => error)
        if (value < min || value > max) {
          expect(hasCode(outcome, 'genicam/value')).toBe(true)
          return
        }
        expect(outcome).toBe(value)
        const shift = little ? BigInt(low) : BigInt(bytes * 8 - 1 - high)
        const mask = (2n ** bits - 1n) << shift
        const order = Array.from({ length: bytes }, (_, k) => 16 + (little ? bytes - 1 - k : k))
        const held = order.reduce((sum, at) => (sum << 8n) | BigInt(camera.memory.get(at)!), 0n)
        const before = order.reduce((sum) => (sum << 8n) | 0xa5n, 0n)
        expect(held & ~mask).toBe(before & ~mask)
        expect((held & mask) >> shift).toBe(value & (2n ** bits - 1n))
      }),
      { numRuns: 300 },
    )
  })

  it('every feature of the description, within the range it tells', async () => {
    const { features } = await openCamera()
    const writable = (await features.list()).filter(
      // This camera refuses what the register of DeviceStatus is asked.
      ({ access, name }) => access === 'RW' && name !== 'DeviceStatus',
    )
    const anything = fc.oneof(fc.integer(), fc.double(), fc.boolean(), fc.string({ maxLength: 20 }))
    const fitting = fc.double({ min: 0, max: 1, noNaN: true }).map((part) => ({ part }))
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...writable.map(({ name }) => name)),
        fc.oneof(anything, fitting),
        async (name, given) => {
          const info = await features.info(name)
          const value = typeof given === 'object' ? within(info, given.part) : given
          const got = await features.set(name, value).catch((error) => error)
          if (got instanceof Error) {
            expect(got).toMatchObject({ code: 'genicam/value' })
            expect(typeof given === 'object' && value !== given.part).toBe(false)
            return
          }
          const { type, min, max } = info
          if (type === 'float' || type === 'integer') {
            if (min !== undefined) expect(Number(value)).toBeGreaterThanOrEqual(Number(min))
            if (max !== undefined) expect(Number(value)).toBeLessThanOrEqual(Number(max))
          }
          // Exposure has steps of 2 us, the gain's converter keeps 8 bits, a string ends with its first NUL.
          if (name === 'ExposureTime') expect(Math.abs(Number(got) - Number(value))).toBeLessThan(2)
          else if (name === 'Gain') expect(got).toBe(Number(value) & 0xff)
          else if (type === 'string') expect(got).toBe(String(value).split('\0')[0])
          else if (type === 'integer') expect(BigInt(got)).toBe(BigInt(value as number))
          else expect(got).toEqual(value)
        },
      ),
      { numRuns: 400 },
    )
  })
})

/** A value that the feature takes, so far from its least to its greatest; `part` itself where none is known. */
function within({ type, min, max, inc, entries }: FeatureDetails, part: number): FeatureValue {
  const names = entries?.filter(({ available }) => available)
  if (names) return names[Math.min(names.length - 1, Math.floor(part * names.length))]!.name
  if (type === 'boolean') return part < 0.5
  if (min === undefined || max === undefined) return part
  if (type === 'float') return Number(min) + part * (Number(max) - Number(min))
  const [least, step] = [BigInt(min), BigInt(inc ?? 1)]
  const steps = (BigInt(max) - least) / step
  return least + step * ((steps * BigInt(Math.floor(part * 1000))) / 1000n)
}

it("the simulator's own description is understood, all of it", async () => {
  const { features } = await openCamera(description(true).bytes)
  expect(features.described).toMatchObject({ vendor: 'framewire', skipped: [] })
  const all = await features.list({ visibility: 'invisible' })
  expect(all.length).toBeGreaterThan(20)
  for (const { name } of all) await features.info(name)
})

it('any answer of a camera gives a value or an error with a code', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 64 }), async (noise) => {
      const { camera, features } = await openCamera()
      camera.readMemory = async (address, bytes) =>
        Uint8Array.from({ length: bytes }, (_, k) => noise[(address + k) % noise.length]!)
      for (const { name } of await features.list({ visibility: 'invisible' })) {
        for (const ask of [() => features.get(name), () => features.info(name)]) {
          await ask().catch((error) => expect(error.code).toMatch(/^genicam\/(access|description|value)$/))
        }
      }
    }),
    { numRuns: 50 },
  )
})
