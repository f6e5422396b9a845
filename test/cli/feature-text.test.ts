import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { featureValue, limitsText, valueJson, valueText } from '../../ts/cli/feature-text.js'
import type { FeatureDetails, FeatureType, FeatureValue } from '../../ts/genicam/feature.js'

const details = (stated: Partial<FeatureDetails>): FeatureDetails => ({
  name: 'Width',
  type: 'integer',
  displayName: '',
  description: '',
  tooltip: '',
  visibility: 'beginner',
  selectors: [],
  access: 'RW',
  available: true,
  ...stated,
})

describe('values of features', () => {
  it('are read back as they are shown', () => {
    const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    const back = (type: FeatureType) => (value: FeatureValue) => {
      expect(featureValue(valueText(value), type)).toEqual(value)
    }
    fc.assert(fc.property(fc.maxSafeInteger(), back('integer')))
    fc.assert(
      fc.property(
        int64.filter((value) => !Number.isSafeInteger(Number(value))),
        back('integer'),
      ),
    )
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }).filter((v) => !Object.is(v, -0)),
        back('float'),
      ),
    )
    fc.assert(fc.property(fc.boolean(), back('boolean')))
    fc.assert(fc.property(fc.string(), back('string')))
    fc.assert(fc.property(fc.uint8Array(), back('register')))
  })

  it.each<[string, FeatureType, FeatureValue]>([
    ['0x1F', 'integer', 31],
    ['0xffffffffffffff', 'integer', 0xffff_ffff_ffff_ffn],
    ['1e3', 'float', 1000],
    ['On', 'boolean', true],
    ['0', 'boolean', false],
    ['C0ffee', 'register', new Uint8Array([0xc0, 0xff, 0xee])],
    // What is none stays as it is: the camera's description says what it takes.
    ['1.5', 'integer', '1.5'],
    ['', 'integer', ''],
    ['', 'float', ''],
    ['fast', 'float', 'fast'],
    ['yes', 'boolean', 'yes'],
    ['abc', 'register', 'abc'],
  ])('%s, a %s', (text, type, value) => {
    expect(featureValue(text, type)).toEqual(value)
  })

  it('go into JSON', () => {
    expect(valueJson(new Uint8Array([1, 255]))).toBe('01ff')
    expect(valueJson(5.5)).toBe(5.5)
  })

  it('have limits', () => {
    expect(limitsText(details({ min: 4, max: 2048, inc: 4 }))).toBe('4 to 2048 in steps of 4')
    expect(limitsText(details({ min: 0, max: 9, inc: 1 }))).toBe('0 to 9')
    expect(limitsText(details({ min: 0 }))).toBe('')
    const entry = (name: string, available: boolean) => ({ name, displayName: name, available })
    expect(
      limitsText(details({ entries: [entry('On', true), entry('Auto', false), entry('Off', true)] })),
    ).toBe('On, Off')
  })
})
