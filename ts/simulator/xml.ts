/** An element within a node: its name, its text and its attributes. */
export type Child = readonly [
  tag: string,
  text: string | number,
  attributes?: Readonly<Record<string, string>>,
]

type Access = 'RO' | 'RW' | 'WO'

/** A node of a description. The schema wants its elements in a certain order. */
export function node(tag: string, name: string, children: readonly (Child | string)[]): string {
  const inner = children.map((child) => (typeof child === 'string' ? child : element(child)))
  return `<${tag} Name="${escaped(name)}">${inner.join('')}</${tag}>`
}

function element([tag, text, attributes = {}]: Child): string {
  const pairs = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`)
  return `<${tag}${pairs.join('')}>${escaped(String(text))}</${tag}>`
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

/** Where a register is. One that changes by itself is read anew each time. */
export function address(at: number, bytes: number, access: Access, cachable = 'WriteThrough'): Child[] {
  return [
    ['Address', `0x${at.toString(16)}`],
    ['Length', bytes],
    ['AccessMode', access],
    ['pPort', 'Device'],
    ['Cachable', cachable],
  ]
}

/** A number in a register of its own. */
export function intReg(
  name: string,
  at: number,
  access: Access = 'RW',
  { bytes = 4, volatile = false, representation = '' } = {},
): string {
  return node('IntReg', name, [
    ...address(at, bytes, access, volatile || access === 'WO' ? 'NoCache' : 'WriteThrough'),
    ['Sign', 'Unsigned'],
    ['Endianess', 'BigEndian'],
    ...(representation ? [['Representation', representation] as const] : []),
  ])
}

/** A number in some bits of a register; bit 0 is the most significant one. */
export function masked(
  name: string,
  at: number,
  [lsb, msb]: readonly [number, number],
  access: Access,
): string {
  return node('MaskedIntReg', name, [
    ...address(at, 4, access),
    ['LSB', lsb],
    ['MSB', msb],
    ['Sign', 'Unsigned'],
    ['Endianess', 'BigEndian'],
  ])
}

/** A text in a register. */
export function stringReg(name: string, at: number, bytes: number, access: Access): string {
  return node('StringReg', name, address(at, bytes, access))
}

/** A choice among names; without a register there is but one. */
export function enumeration(
  name: string,
  entries: Readonly<Record<string, number>>,
  register: string | undefined,
  children: readonly Child[] = [],
): string {
  return node('Enumeration', name, [
    ...children,
    ...Object.entries(entries).map(([entry, value]) => node('EnumEntry', entry, [['Value', value]])),
    register === undefined ? ['Value', 0] : ['pValue', register],
  ])
}

/** The features that a category shows. */
export function category(name: string, features: readonly string[]): string {
  return node(
    'Category',
    name,
    features.map((feature): Child => ['pFeature', feature]),
  )
}
