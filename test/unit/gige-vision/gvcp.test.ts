import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFramewireError } from '../../../ts/errors.js'
import {
  Bootstrap,
  ControlPrivilege,
  GvcpCapability,
  PacketSize,
  Status,
  streamChannel,
  TimestampControl,
} from '../../../ts/gige-vision/bootstrap.js'
import type { Ack, Command, DeviceIdentity } from '../../../ts/gige-vision/gvcp.js'
import { gige } from './module.js'

const { gvcp } = gige

const hex = (text: string) =>
  Uint8Array.from(text.match(/[0-9a-f]{2}/g) ?? [], (byte) => Number.parseInt(byte, 16))

const word = fc.nat(0xffff)
const register = fc.nat(0xffff_ffff)
const memory = fc
  .uint8Array({ maxLength: 134 })
  .map((data) => new Uint8Array([...data, ...data, ...data, ...data]))
const mac = fc
  .uint8Array({ minLength: 6, maxLength: 6 })
  .map((bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':'))
/** A text that fits into a register with the zero behind it. */
const text = (bytes: number) =>
  fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0') && Buffer.byteLength(text) < bytes)

const identity: fc.Arbitrary<DeviceIdentity> = fc.record({
  version: fc.tuple(word, word).map(([major, minor]) => `${major}.${minor}`),
  mac,
  address: fc.ipV4(),
  netmask: fc.ipV4(),
  gateway: fc.ipV4(),
  manufacturer: text(32),
  model: text(32),
  deviceVersion: text(32),
  manufacturerInfo: text(48),
  serialNumber: text(16),
  userName: text(16),
})

const resend = fc.boolean().chain((extended) => {
  const packet = fc.nat(extended ? 0xffff_ffff : 0xff_ffff)
  return fc.record({
    kind: fc.constant('resend' as const),
    channel: word,
    block: fc.bigInt({ min: 0n, max: extended ? 2n ** 64n - 1n : 0xffffn }),
    extended: fc.constant(extended),
    first: packet,
    last: packet,
  })
})

const kind = <K extends string>(kind: K) => fc.constant(kind)
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: kind('discovery'), broadcastAck: fc.boolean() }),
  fc.record({ kind: kind('force-ip'), mac, address: fc.ipV4(), netmask: fc.ipV4(), gateway: fc.ipV4() }),
  fc.record({ kind: kind('read-registers'), addresses: fc.array(register, { maxLength: 135 }) }),
  fc.record({
    kind: kind('write-registers'),
    writes: fc.array(fc.record({ address: register, value: register }), { maxLength: 67 }),
  }),
  fc.record({ kind: kind('read-memory'), address: register, count: word }),
  fc.record({ kind: kind('write-memory'), address: register, data: memory }),
  resend,
)

const ack: fc.Arbitrary<Ack> = fc.oneof(
  fc.record({ kind: kind('discovery'), device: identity }),
  fc.record({ kind: kind('force-ip') }),
  fc.record({ kind: kind('read-registers'), values: fc.array(register, { maxLength: 135 }) }),
  fc.record({ kind: kind('write-registers'), index: register }),
  fc.record({ kind: kind('read-memory'), address: register, data: memory }),
  fc.record({ kind: kind('write-memory'), index: register }),
  fc.record({ kind: kind('pending'), timeToCompletionMs: word }),
)

const requestId = fc.integer({ min: 1, max: 0xffff })

describe('control packets', () => {
  it('of a host come to the device as they were meant', () => {
    fc.assert(
      fc.property(requestId, command, fc.boolean(), (requestId, command, acknowledge) => {
        const received = gvcp.parseCommand(gvcp.command(requestId, command, acknowledge))
        expect(received).toEqual({ requestId, acknowledge, command, code: expect.any(Number) })
      }),
    )
  })

  it('of a device come to the host as they were meant', () => {
    fc.assert(
      fc.property(requestId, ack, (requestId, ack) => {
        const datagram = gvcp.ack(requestId, Status.success, ack)
        expect(gvcp.parseAck(datagram)).toEqual({ requestId, status: 0, code: expect.any(Number), ack })
      }),
    )
  })

  it('that refuse say nothing but why', () => {
    const refusal = fc.integer({ min: 0x8000, max: 0xffff })
    fc.assert(
      fc.property(requestId, refusal, ack, (requestId, status, ack) => {
        const refused = { requestId, status, code: expect.any(Number), ack: { kind: 'refused' } }
        expect(gvcp.parseAck(gvcp.ack(requestId, status, ack))).toEqual(refused)
        expect(gvcp.parseAck(gvcp.ack(requestId, status, { kind: 'refused' }, 0x0080))).toEqual(refused)
      }),
    )
  })

  it('have the bytes that other hosts and devices send', () => {
    // By captures of aravis and of viva-genicam, and by the standard's tables for what neither sends.
    const said: [Command, boolean, string][] = [
      [{ kind: 'discovery', broadcastAck: true }, true, '4211 0002 0000 ffff'],
      [{ kind: 'read-registers', addresses: [0x0a00] }, true, '4201 0080 0004 ffff 00000a00'],
      [
        { kind: 'write-registers', writes: [{ address: 0x0a00, value: 2 }] },
        true,
        '4201 0082 0008 ffff 00000a00 00000002',
      ],
      [{ kind: 'read-memory', address: 0x200, count: 512 }, true, '4201 0084 0008 ffff 00000200 0000 0200'],
      [
        { kind: 'write-memory', address: 0x104, data: Uint8Array.of(1, 2, 3, 4) },
        true,
        '4201 0086 0008 ffff 00000104 01020304',
      ],
      [
        { kind: 'resend', channel: 0, block: 2n, extended: false, first: 1, last: 3 },
        false,
        '4200 0040 000c ffff 0000 0002 00000001 00000003',
      ],
      [
        { kind: 'resend', channel: 0, block: 2n, extended: true, first: 1, last: 3 },
        false,
        '4210 0040 0014 ffff 0000 0000 00000001 00000003 0000000000000002',
      ],
      [
        {
          kind: 'force-ip',
          mac: '00:11:1c:f5:3a:b2',
          address: '192.168.0.5',
          netmask: '255.255.255.0',
          gateway: '0.0.0.0',
        },
        true,
        `4211 0004 0038 ffff 0000 00111cf53ab2 ${'00'.repeat(12)} c0a80005 ${'00'.repeat(12)} ffffff00 ${'00'.repeat(16)}`,
      ],
    ]
    for (const [command, acknowledge, bytes] of said) {
      expect(gvcp.command(0xffff, command, acknowledge), command.kind).toEqual(hex(bytes))
    }
    const pending: Ack = { kind: 'pending', timeToCompletionMs: 750 }
    expect(gvcp.ack(7, 0, pending)).toEqual(hex('0000 0089 0004 0007 0000 02ee'))
    const denied = gvcp.ack(7, Status.accessDenied, { kind: 'refused' }, 0x0082)
    expect(denied).toEqual(hex('8006 0083 0000 0007'))
    expect(gvcp.parseAck(denied)).toEqual({
      requestId: 7,
      status: 0x8006,
      code: 0x83,
      ack: { kind: 'refused' },
    })
  })

  it('that nobody knows can still be answered', () => {
    expect(gvcp.parseCommand(hex('4201 0100 0000 0007'))).toEqual({
      requestId: 7,
      acknowledge: true,
      command: undefined,
      code: 0x0100,
      reason: expect.stringContaining('ACTION_CMD'),
    })
  })

  it('are parsed whatever the bytes are', () => {
    const total = (parse: () => unknown) => {
      try {
        parse()
      } catch (error) {
        if (!isFramewireError(error) || error.code !== 'gige/packet') throw error
      }
    }
    const headed = fc
      .tuple(fc.constantFrom(0x42, 0, 0x80), fc.nat(255), fc.nat(0x101), fc.uint8Array({ maxLength: 600 }))
      .map(([key, flags, code, rest]) => {
        const length = rest.length
        return Uint8Array.of(key, flags, code >> 8, code & 255, length >> 8, length & 255, 0, 1, ...rest)
      })
    fc.assert(
      fc.property(fc.oneof(headed, fc.uint8Array({ maxLength: 600 })), (bytes) => {
        total(() => gvcp.parseAck(bytes))
        total(() => gvcp.parseCommand(bytes))
        total(() => gige.descriptionUrl(bytes))
      }),
    )
  })

  it.each<[string, () => unknown]>([
    ['request id 0', () => gvcp.command(0, { kind: 'discovery' }, true)],
    ['request id 65536', () => gvcp.command(65_536, { kind: 'discovery' }, true)],
    ['a status of 17 bits', () => gvcp.ack(1, 0x1_0000, { kind: 'force-ip' })],
    ['a negative address', () => gvcp.command(1, { kind: 'read-registers', addresses: [-1] }, true)],
    ['an address of 33 bits', () => gvcp.command(1, { kind: 'read-registers', addresses: [2 ** 32] }, true)],
    ['half an address', () => gvcp.command(1, { kind: 'read-registers', addresses: [0.5] }, true)],
    [
      'too many registers',
      () => gvcp.command(1, { kind: 'read-registers', addresses: Array(136).fill(0) }, true),
    ],
    [
      'too much memory',
      () => gvcp.command(1, { kind: 'write-memory', address: 0, data: new Uint8Array(540) }, true),
    ],
    ['no command', () => gvcp.command(1, { kind: 'reset' } as never, true)],
    ['a refusal of nothing', () => gvcp.ack(1, Status.busy, { kind: 'refused' })],
    ...['00:11:22:33:44', '00:11:22:33:44:55:66', '0:11:22:33:44:55', '+1:11:22:33:44:55', 'camera'].map(
      (mac): [string, () => unknown] => [
        `the MAC address ${mac}`,
        () =>
          gvcp.command(
            1,
            { kind: 'force-ip', mac, address: '10.0.0.1', netmask: '255.0.0.0', gateway: '0.0.0.0' },
            true,
          ),
      ],
    ),
  ])('are not written with %s', (_, write) => {
    expect(write).toThrow(expect.objectContaining({ code: 'gige/packet' }))
  })

  it('name a status by the standard', () => {
    expect(gvcp.statusName(0x8006)).toBe('GEV_STATUS_ACCESS_DENIED')
    expect(gvcp.statusName(0x9abc)).toBe('0x9abc')
  })
})

describe("a device's identity", () => {
  it('is the first registers of its memory, and what its discovery acknowledge brings', () => {
    fc.assert(
      fc.property(identity, (device) => {
        const registers = gvcp.identityRegisters(device)
        expect(registers).toHaveLength(248)
        expect(gvcp.ack(1, 0, { kind: 'discovery', device }).subarray(8)).toEqual(registers)
      }),
    )
  })

  it('with a text too long for its register is refused', () => {
    const device: DeviceIdentity = { ...someone, userName: 'sixteen letters!' }
    expect(() => gvcp.identityRegisters(device)).toThrow(/userName.*16 bytes/)
  })
})

const someone: DeviceIdentity = {
  version: '2.0',
  mac: '00:07:48:1a:2b:3c',
  address: '192.168.0.5',
  netmask: '255.255.255.0',
  gateway: '0.0.0.0',
  manufacturer: 'Maker',
  model: 'Model',
  deviceVersion: '1',
  manufacturerInfo: '',
  serialNumber: 'S1',
  userName: '',
}

describe("the URL of a device's XML", () => {
  const url = (text: string) => gige.descriptionUrl(Buffer.from(`${text}\0\0\0`))
  it.each([
    ['Local:camera.zip;10000;3e67', { kind: 'local', name: 'camera.zip', address: 0x10000, bytes: 0x3e67 }],
    ['File:camera.xml', { kind: 'file', path: 'camera.xml' }],
    ['http://maker.com/camera.xml', { kind: 'http', url: 'http://maker.com/camera.xml' }],
    ['', undefined],
  ])('%s', (text, expected) => expect(url(text)).toEqual(expected))

  it('that makes no sense is refused', () => {
    expect(() => url('Local:camera.xml')).toThrow(expect.objectContaining({ code: 'gige/packet' }))
  })
})

describe('the numbers of the standard', () => {
  const source = (name: string) =>
    readFileSync(new URL(`../../../crates/gige-vision/src/${name}.rs`, import.meta.url), 'utf8')
  const constant = (name: string) => name.replace(/([A-Z])/g, '_$1').toUpperCase()
  const variant = (name: string) => name[0]!.toUpperCase() + name.slice(1)
  const stated = (text: string, name: string) =>
    Number(new RegExp(`\\b${name} = (0x[0-9a-f_]+)`).exec(text)?.[1]?.replace('_', ''))
  const bits = (file: string, name: string) => source(file).split(`${name}: u32 {`)[1]!.split('}')[0]!

  it.each<[string, string, Readonly<Record<string, number>>, (name: string) => string]>([
    ['registers', source('bootstrap/register'), Bootstrap, constant],
    ['privileges', bits('bootstrap/control', 'ControlPrivilege'), ControlPrivilege, constant],
    ['capabilities', bits('bootstrap/control', 'GvcpCapability'), GvcpCapability, constant],
    ['clock commands', bits('bootstrap/control', 'TimestampControl'), TimestampControl, constant],
    ['packet size bits', bits('bootstrap/stream_channel', 'PacketSize'), PacketSize, constant],
    ['status codes', source('status'), Status, variant],
  ])('are the same in both languages: %s', (_, text, numbers, named) => {
    const rust = Object.keys(numbers).map((name) => [name, stated(text, named(name))])
    expect(numbers).toEqual(Object.fromEntries(rust))
  })

  it('are the same in both languages: stream channels', () => {
    const text = source('bootstrap/stream_channel')
    for (const [name, address] of Object.entries(streamChannel(3))) {
      const method = name === 'port' ? 'port' : constant(name).toLowerCase()
      const at = new RegExp(`fn ${method}\\(self\\) -> Register \\{\\s*self.register\\((0x[0-9a-f]+)`).exec(
        text,
      )?.[1]
      expect(address, name).toBe(0x0d00 + 3 * 0x40 + Number(at))
    }
  })
})
