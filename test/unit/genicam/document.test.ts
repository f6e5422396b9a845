import { zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { readDocument } from '../../../ts/genicam/document.js'
import { EVERY_KIND, openCamera } from './camera.js'

const utf8 = (text: string) => new TextEncoder().encode(text)
const utf16 = (text: string) => new Uint8Array(Uint16Array.from(text, (c) => c.charCodeAt(0)).buffer)
const latin1 = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0))
const zip = (files: Record<string, string>, level: 0 | 6 = 6) =>
  zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, utf8(text)])), { level })

/** A description with these nodes. */
const description = (nodes: string) =>
  `<RegisterDescription ModelName="M" VendorName="V">${nodes}</RegisterDescription>`

describe('a description', () => {
  it.each<[string, Uint8Array]>([
    ['as UTF-8', utf8('<a>µ</a>')],
    ['as UTF-8 with a mark', utf8('\ufeff<a>µ</a>')],
    ['as UTF-8 in more memory than it needs', utf8('<a>µ</a>\0\0\0')],
    ['as UTF-16 with a mark', utf16('\ufeff<a>µ</a>')],
    ['zipped', zip({ 'camera.xml': '<a>µ</a>' })],
    ['stored in a zip beside others', zip({ 'readme.txt': 'no', 'camera.XML': '<a>µ</a>' }, 0)],
  ])('is read %s', async (_, bytes) => {
    expect(await readDocument(bytes, 'it')).toBe('<a>µ</a>')
  })

  it('is read in the encoding that it states', async () => {
    const text = '<?xml version="1.0" encoding="ISO-8859-1"?><a>µ</a>'
    expect(await readDocument(latin1(text), 'it')).toBe(text)
  })

  it.each<[string, string | Uint8Array, RegExp]>([
    ['nothing', '', /no GenICam description/],
    ['something else', '<html></html>', /no GenICam description/],
    ['no features', description(''), /describes no feature/],
    ['cut short', EVERY_KIND.slice(0, -100), /cut short/],
    ['not well-formed', description('<Integer Name="A"><Value>1</Integer>'), /malformed/],
    ['in a damaged zip', zip({ 'a.xml': EVERY_KIND }).subarray(0, 1000), /zip is damaged/],
    ['not in its zip', zip({}), /no GenICam description|zip/],
    ['in no encoding', utf8('<?xml version="1.0" encoding="EBCDIC-ODD"?><a/>'), /encoding EBCDIC-ODD/],
    ['too long', ' '.repeat(32 * 2 ** 20 + 1), /at most 33554432/],
    ['too long once unpacked', zip({ 'a.xml': ' '.repeat(33 * 2 ** 20) }), /at most 33554432/],
  ])('is refused: %s', async (_, xml, reason) => {
    const error = await openCamera(xml).then(
      () => undefined,
      (error) => error,
    )
    expect(error).toMatchObject({
      code: 'genicam/description',
      details: { reason: expect.stringMatching(reason) },
    })
  })

  it('loses the nodes that are damaged, not those beside them', async () => {
    const { features } = await openCamera(
      description(
        '<Integer Name="A"><Value>none</Value></Integer><Sculpture Name="B"/><Integer Name="C"><Value>3</Value></Integer>',
      ),
    )
    expect(features.described.skipped.map(({ name }) => name)).toEqual(['A', 'B'])
    expect(await features.get('C')).toBe(3)
  })
})

describe('a description made to harm', () => {
  const link = (k: number, to: string) => `<Integer Name="A${k}"><pValue>${to}</pValue></Integer>`
  const knife = (formula: string) =>
    `<IntSwissKnife Name="A0"><pVariable Name="X">Z</pVariable><Formula>${formula}</Formula></IntSwissKnife>`
  const many = (n: number, of: (k: number) => string) => Array.from({ length: n }, (_, k) => of(k)).join('')
  const converter = (name: string, to: string) =>
    `<Converter Name="${name}"><FormulaTo>FROM</FormulaTo><FormulaFrom>TO</FormulaFrom><pValue>${to}</pValue></Converter>`

  it.each<[string, string]>([
    ['a value that is itself', link(0, 'A0')],
    ['a circle of values', link(0, 'A1') + link(1, 'A0')],
    ['a converter of itself', converter('A0', 'A0')],
    ['an address that is its own', '<IntReg Name="A0"><pAddress>A0</pAddress><Length>4</Length></IntReg>'],
    ['a length that is its own', '<IntReg Name="A0"><Address>0</Address><pLength>A0</pLength></IntReg>'],
    [
      'an enumeration of itself',
      '<Enumeration Name="A0"><EnumEntry Name="E"><pValue>A0</pValue></EnumEntry><pValue>A0</pValue></Enumeration>',
    ],
    [
      'conditions upon each other',
      many(
        2,
        (k) => `<Integer Name="A${k}"><pIsAvailable>A${1 - k}</pIsAvailable><Value>1</Value></Integer>`,
      ),
    ],
    ['a long way', many(2000, (k) => link(k, `A${k + 1}`))],
    ['a long way of converters', many(500, (k) => converter(`A${k}`, `A${k + 1}`))],
    [
      'nodes that change each other in a row',
      many(5000, (k) => `<Integer Name="A${k}"><pSelected>A${k + 1}</pSelected><Value>1</Value></Integer>`),
    ],
    ['brackets', knife(`${'('.repeat(1e5)}1${')'.repeat(1e5)}`)],
    ['brackets, as many as may be', knife(`${'SIN('.repeat(64)}1${')'.repeat(64)}`)],
    ['signs', knife(`${'-'.repeat(1e5)}1`)],
    ['signs, as many as may be', knife(`${'-'.repeat(1000)}1`)],
    ['a sum, as long as may be', knife(`1${'+1'.repeat(1000)}`)],
    ['powers', knife(`1${'**1'.repeat(1e5)}`)],
    ['choices, as many as may be', knife(`${'1?'.repeat(490)}1${':1'.repeat(490)}`)],
    [
      'elements in elements',
      `<Integer Name="A0">${'<X>'.repeat(1e5)}${'</X>'.repeat(1e5)}<Value>1</Value></Integer>`,
    ],
    [
      'a register without end',
      '<Register Name="A0"><Address>0</Address><Length>4294967295</Length></Register>',
    ],
    ['a number of nine bytes', '<IntReg Name="A0"><Address>0</Address><Length>9</Length></IntReg>'],
    [
      'bits that are not there',
      '<MaskedIntReg Name="A0"><Address>0</Address><Length>4</Length><LSB>77</LSB><MSB>99</MSB></MaskedIntReg>',
    ],
    ['an address below zero', '<IntReg Name="A0"><Address>-4</Address><Length>4</Length></IntReg>'],
  ])('harms nobody: %s', async (_, nodes) => {
    const { features } = await openCamera(
      description(`${nodes}<Integer Name="Sound"><Value>5</Value></Integer>`),
    )
    const calls = [
      () => features.list({ visibility: 'invisible' }),
      () => features.info('A0'),
      () => features.get('A0'),
      () => features.set('A0', 1),
      () => features.execute('A0'),
    ]
    for (const call of calls) {
      await call().catch((error) =>
        expect(error.code).toMatch(/^genicam\/(access|description|unknown|value)$/),
      )
    }
    expect(await features.get('Sound')).toBe(5)
  })
})
