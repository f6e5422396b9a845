import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findingsText } from '../../ts/cli/findings.js'
import type { Finding } from '../../ts/gige/doctor/finding.js'

const PLAIN = { columns: 80, colours: false }

const finding = (stated: Partial<Finding>): Finding => ({
  check: 'mtu',
  subject: 'interface',
  name: 'eth1',
  level: 'ok',
  message: '1500 bytes',
  details: {},
  ...stated,
})

describe('findings for people', () => {
  it('stand under what they are of, each with what mends it', () => {
    const text = findingsText(
      [
        finding({ check: 'receive-buffer', subject: 'host', name: undefined, message: '32.0 MiB granted' }),
        finding({ level: 'warning', message: 'small', fix: 'sudo ip link set dev eth1 mtu 1500' }),
        finding({ check: 'link', message: '1000 Mbit/s' }),
        finding({ check: 'control', subject: 'camera', name: 'SN-7', level: 'error', message: 'held' }),
      ],
      PLAIN,
    )
    expect(text).toBe(
      `
This host
  ok       receive buffer  32.0 MiB granted

Interface eth1
  warning  mtu             small
                           $ sudo ip link set dev eth1 mtu 1500
  ok       link            1000 Mbit/s

Camera SN-7
  error    control         held

1 error, 1 warning. Lines that begin with $ mend what stands above them.`.trimStart(),
    )
  })

  it('end well where nothing is wrong', () => {
    const unknown = finding({ level: 'unknown' })
    expect(findingsText([finding({}), unknown], PLAIN)).toMatch(
      /\n\nNothing stands in the way of an acquisition\.$/,
    )
  })

  it('are painted where the terminal can', () => {
    const text = findingsText([finding({ level: 'error' })], { columns: 80, colours: true })
    expect(text).toContain('\n  \x1b[31merror    \x1b[0mmtu ')
  })

  it('fit the terminal, word by word, and lose none', () => {
    const word = fc.stringMatching(/^[a-z]{1,20}$/)
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 60, max: 110 }), (words, columns) => {
        const fix = words.join('-')
        const text = findingsText([finding({ message: words.join(' '), fix, level: 'error' })], {
          columns,
          colours: false,
        })
        const lines = text.split('\n').slice(1, -2)
        expect(lines.pop()).toBe(`${' '.repeat(27)}$ ${fix}`)
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns)
        expect(lines.map((line) => line.slice(27)).join(' ')).toBe(words.join(' '))
      }),
    )
  })
})
