import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { float, floats, floatText, writeJson } from '../../../ts/upload/json.js'

describe('writing JSON', () => {
  // As recorded from the service's own client.
  it.each([
    [15, '15.0'],
    [0, '0.0'],
    [-0, '-0.0'],
    [-80, '-80.0'],
    [29.97, '29.97'],
    [1e-9, '1e-9'],
    [17981.999999999996, '17981.999999999996'],
    [21.428571428571427, '21.428571428571427'],
    [1700000000, '1700000000.0'],
    [1700000005.0002952, '1700000005.0002952'],
    [Number.NaN, 'null'],
    [Infinity, 'null'],
    [1e16, '1e16'],
    [1.5e300, '1.5e300'],
    [9007199254740992, '9007199254740992.0'],
  ])('writes the float %s as %s', (value, text) => {
    expect(floatText(value)).toBe(text)
  })

  it('writes every finite float so that it reads back and shows that it is a float', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = floatText(value)
        expect(JSON.parse(text)).toBe(value)
        expect(text).toMatch(/[.e]/)
      }),
    )
  })

  it('keeps the order of members, leaves undefined out and writes no blanks', () => {
    const channels = new Map([
      ['10', { values: floats([1, Number.NaN]) }],
      ['2', { values: floats(new Float64Array(0)) }],
    ])
    expect(writeJson({ b: null, a: 42, left: undefined, f: float(4), list: ['x', true], channels })).toBe(
      '{"b":null,"a":42,"f":4.0,"list":["x",true],"channels":{"10":{"values":[1.0,null]},"2":{"values":[]}}}',
    )
  })

  it('agrees with the platform wherever no float is involved', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        // Whole numbers only: they are written as integers.
        const whole = JSON.parse(JSON.stringify(value, (_, v) => (typeof v === 'number' ? Math.round(v) : v)))
        expect(writeJson(whole)).toBe(JSON.stringify(whole))
      }),
    )
  })
})
