import { createSocket } from 'node:dgram'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Patience } from '../../../ts/gige/capture/command-queue.js'
import { type CameraPlace, ControlChannel } from '../../../ts/gige/capture/control-channel.js'
import { Bootstrap, GvcpCapability, Status } from '../../../ts/gige-vision/bootstrap.js'
import { loopbackAddress } from '../../gige/loopback.js'
import { IMPLEMENTATIONS } from '../datagrams/sockets.js'
import { gige } from '../gige-vision/module.js'
import { FakeCamera, type Reaction } from './fake-camera.js'

const { gvcp } = gige

/** Long enough that no answer on this machine is late, however busy it is. */
const UNHURRIED: Patience = { answerMs: 20_000, tries: 1 }
/** For commands that are lost on purpose. */
const HURRIED: Patience = { answerMs: 60, tries: 200 }

const lose: Reaction = () => {}
const loseAnswer: Reaction = ({ answer }) => void answer()

describe.each(IMPLEMENTATIONS)('the control channel through $name', ({ datagrams }) => {
  async function open(place: Pick<CameraPlace, 'address'>, patience = UNHURRIED): Promise<ControlChannel> {
    const { address } = place
    const channel = await ControlChannel.open(
      gvcp,
      datagrams,
      { address, interfaceIp: '127.0.0.1' },
      patience,
    )
    onTestFinished(() => channel.close())
    return channel
  }

  it('reads and writes registers', async () => {
    const camera = await FakeCamera.open()
    const channel = await open(camera)
    camera.words.set(0xa000, 5)
    expect(await channel.readRegister(0xa000)).toBe(5)
    await channel.writeRegister(0xa000, 0xffff_fffe)
    expect(camera.words.get(0xa000)).toBe(0xffff_fffe)
    expect(channel.local).toEqual({ address: '127.0.0.1', port: camera.heard[0]!.port })
  })

  it('reads and writes memory of any length at any address, and nothing beside it', async () => {
    const camera = await FakeCamera.open()
    const channel = await open(camera)
    const start = 0x1_0000
    const range = fc.tuple(fc.nat(3000), fc.uint8Array({ maxLength: 1400, size: 'max' }))
    const ground = Uint8Array.from({ length: 4800 }, (_, at) => (at * 7) & 255)
    await fc.assert(
      fc.asyncProperty(range, async ([at, data]) => {
        camera.setMemory(start, ground)
        expect(await channel.readMemory(start + at, data.length)).toEqual(ground.slice(at, at + data.length))
        await channel.writeMemory(start + at, data)
        const expected = ground.slice()
        expected.set(data, at)
        expect(camera.memory(start, ground.length)).toEqual(expected)
      }),
      { numRuns: 60 },
    )
    const counts = camera.heard.map(({ command }) => (command.kind === 'read-memory' ? command.count : 0))
    expect(Math.max(...counts)).toBe(536)
  })

  it.each([
    [-1, 4],
    [0.5, 4],
    [0, -4],
    [2 ** 32 - 4, 8],
  ])('refuses the range of address %d and %d bytes', async (address, bytes) => {
    const channel = await open({ address: loopbackAddress() })
    await expect(channel.readMemory(address, bytes)).rejects.toMatchObject({ code: 'gige/option' })
  })

  it('repeats a command that was lost under the same request id', async () => {
    const camera = await FakeCamera.open()
    const channel = await open(camera, HURRIED)
    camera.words.set(0xa000, 1)
    camera.script.push(lose, lose, lose)
    await channel.writeRegister(0xa000, 2)
    expect(camera.requestIds.length).toBeGreaterThanOrEqual(4)
    expect(new Set(camera.requestIds).size).toBe(1)
    expect(camera.words.get(0xa000)).toBe(2)
  })

  it('repeats a command whose answer was lost, and the camera does not run it twice', async () => {
    const camera = await FakeCamera.open()
    const channel = await open(camera, HURRIED)
    camera.words.set(0xa000, 1)
    camera.script.push(loseAnswer, loseAnswer)
    await channel.writeRegister(0xa000, 2)
    expect(await channel.readRegister(0xa000)).toBe(2)
    expect(camera.ran.map(({ kind }) => kind)).toEqual(['write-registers', 'read-registers'])
  })

  it('waits as long as the camera says, and does not ask again meanwhile', async () => {
    const camera = await FakeCamera.open()
    const channel = await open(camera, { answerMs: 100, tries: 1 })
    camera.words.set(0xa000, 7)
    camera.script.push(({ heard, answer, send }) => {
      const pending = gvcp.ack(heard.requestId, 0, { kind: 'pending', timeToCompletionMs: 20_000 })
      send(pending)
      send(pending)
      setTimeout(() => send(answer()), 400)
    })
    expect(await channel.readRegister(0xa000)).toBe(7)
    expect(camera.heard).toHaveLength(1)
  })

  it('asks again where the camera said that it takes longer, and then nothing', async () => {
    const camera = await FakeCamera.open()
    const channel = await open(camera, HURRIED)
    camera.words.set(0xa000, 7)
    camera.script.push(({ heard, send }) => {
      send(gvcp.ack(heard.requestId, 0, { kind: 'pending', timeToCompletionMs: 50 }))
    })
    expect(await channel.readRegister(0xa000)).toBe(7)
    expect(new Set(camera.requestIds).size).toBe(1)
  })

  it('takes each answer once, however often it comes', async () => {
    const camera = await FakeCamera.open()
    const channel = await open(camera)
    camera.always = ({ answer, send }) => {
      for (let copy = 0; copy < 3; copy++) send(answer())
    }
    for (let value = 0; value < 50; value++) {
      camera.words.set(0xa000, value)
      expect(await channel.readRegister(0xa000)).toBe(value)
    }
    expect(camera.heard).toHaveLength(50)
  })

  it('believes no other answers: of other ids, commands, lengths and senders, or none at all', async () => {
    const camera = await FakeCamera.open()
    const channel = await open(camera)
    camera.words.set(0xa000, 7)
    const stranger = createSocket('udp4')
    await new Promise<void>((resolve) => stranger.bind(0, loopbackAddress(), resolve))
    onTestFinished(() => void stranger.close())
    camera.script.push(({ heard: { requestId, port }, answer, send }) => {
      const wrong = { kind: 'read-registers', values: [666] } as const
      const [before, after] = [((requestId + 65_533) % 65_535) + 1, (requestId % 65_535) + 1]
      for (const id of [before, after]) send(gvcp.ack(id, 0, wrong))
      send(gvcp.ack(requestId, 0, { kind: 'write-registers', index: 666 }))
      send(gvcp.ack(requestId, 0, { kind: 'read-registers', values: [666, 667] }))
      send(gvcp.ack(requestId, 0, { kind: 'read-registers', values: [] }))
      // The refusal of a resend whose id happens to be the same.
      send(gvcp.ack(requestId, Status.packetUnavailable, { kind: 'refused' }, 0x0040))
      send(Uint8Array.of(0, 0, 0))
      send(new Uint8Array(1400).fill(0xff))
      stranger.send(gvcp.ack(requestId, 0, wrong), port, '127.0.0.1', () => send(answer()))
    })
    expect(await channel.readRegister(0xa000)).toBe(7)
    expect(camera.heard).toHaveLength(1)
  })

  it('believes no memory of another place or length', async () => {
    const camera = await FakeCamera.open()
    const channel = await open(camera)
    camera.setMemory(0x100, Uint8Array.of(1, 2, 3, 4))
    camera.script.push(({ heard: { requestId }, answer, send }) => {
      const data = Uint8Array.of(6, 6, 6, 6)
      send(gvcp.ack(requestId, 0, { kind: 'read-memory', address: 0x104, data }))
      send(gvcp.ack(requestId, 0, { kind: 'read-memory', address: 0x100, data: new Uint8Array(536) }))
      send(answer())
    })
    expect(await channel.readMemory(0x100, 4)).toEqual(Uint8Array.of(1, 2, 3, 4))
  })

  it('tells what the camera refused, and why', async () => {
    const camera = await FakeCamera.open()
    const channel = await open(camera)
    await expect(channel.readRegister(0xbee0)).rejects.toMatchObject({
      code: 'gige/refused',
      details: {
        address: camera.address,
        command: 'reading register 0xbee0',
        status: Status.invalidAddress,
        statusName: 'GEV_STATUS_INVALID_ADDRESS',
      },
    })
    camera.holder = { address: '10.0.0.1', port: 1 }
    camera.words.set(0xa000, 0)
    await expect(channel.writeRegister(0xa000, 1)).rejects.toMatchObject({
      code: 'gige/refused',
      details: { command: 'writing register 0xa000', statusName: 'GEV_STATUS_ACCESS_DENIED' },
    })
  })

  it('gives up a camera that never answers, and says how often it asked', async () => {
    const camera = await FakeCamera.open()
    const channel = await open(camera, { answerMs: 20, tries: 3 })
    camera.always = lose
    await expect(channel.readRegister(0x0a00)).rejects.toMatchObject({
      code: 'gige/no-answer',
      details: { address: camera.address, command: 'reading register 0x0a00', tries: 3 },
    })
    expect(camera.requestIds).toEqual(Array(3).fill(camera.requestIds[0]))
  })

  it('gives up a camera that nothing can be sent to, with the reason', async () => {
    const channel = await open({ address: '255.255.255.255' }, { answerMs: 5, tries: 2 })
    await expect(channel.readRegister(0x0a00)).rejects.toMatchObject({
      code: 'gige/no-answer',
      cause: { code: 'datagrams/send' },
    })
  })

  it('asks one thing at a time, in order', async () => {
    const camera = await FakeCamera.open()
    const channel = await open(camera)
    let open_ = 0
    let most = 0
    camera.always = ({ answer, send }) => {
      most = Math.max(most, ++open_)
      setTimeout(() => {
        open_--
        send(answer())
      }, 5)
    }
    for (let at = 0; at < 20; at++) camera.words.set(0xa000 + 4 * at, at)
    const reads = Array.from({ length: 20 }, (_, at) => channel.readRegister(0xa000 + 4 * at))
    expect(await Promise.all(reads)).toEqual(Array.from({ length: 20 }, (_, at) => at))
    expect(most).toBe(1)
    expect(camera.heard.map(({ command }) => command)).toEqual(
      Array.from({ length: 20 }, (_, at) => ({ kind: 'read-registers', addresses: [0xa000 + 4 * at] })),
    )
  })

  it('counts request ids from 65535 on to 1', async () => {
    const random = vi.spyOn(Math, 'random').mockReturnValue(65_533 / 65_535 + 1e-9)
    const camera = await FakeCamera.open()
    const channel = await open(camera)
    random.mockRestore()
    for (let count = 0; count < 4; count++) await channel.readRegister(0x0a00)
    expect(camera.requestIds).toEqual([65_534, 65_535, 1, 2])
  })

  it('reads many registers with few packets where the camera can', async () => {
    const camera = await FakeCamera.open()
    const addresses = Array.from({ length: 300 }, (_, at) => 0xa000 + 4 * at)
    for (const address of addresses) camera.words.set(address, address * 3)
    const values = addresses.map((address) => address * 3)

    const plain = await open(camera)
    expect(await plain.readRegisters(addresses.slice(0, 9))).toEqual(values.slice(0, 9))
    expect(camera.heard).toHaveLength(1 + 9)

    camera.words.set(Bootstrap.gvcpCapability, GvcpCapability.concatenation)
    const able = await open(camera)
    camera.heard.length = 0
    expect(await able.readRegisters(addresses)).toEqual(values)
    expect(camera.heard).toHaveLength(1 + 3)
    expect(await able.readRegisters([])).toEqual([])
  })

  it('that is closed answers nobody', async () => {
    const camera = await FakeCamera.open()
    const channel = await open(camera)
    camera.always = lose
    const waiting = [channel.readRegister(0xa000), channel.writeRegister(0xa000, 1)]
    const outcomes = Promise.allSettled([...waiting])
    await vi.waitUntil(() => camera.heard.length > 0)
    await channel.close()
    await channel.close()
    const closed = {
      status: 'rejected',
      reason: { code: 'gige/closed', details: { address: camera.address } },
    }
    expect(await outcomes).toMatchObject([closed, closed])
    await expect(channel.readRegister(0xa000)).rejects.toMatchObject({ code: 'gige/closed' })
  })

  it('that is cut rejects with the reason, until it was moved to where the camera is now', async () => {
    const camera = await FakeCamera.open()
    const channel = await open({ address: loopbackAddress() })
    const lost = new Error('lost')
    channel.cut(lost)
    await expect(channel.readRegister(0x0a00)).rejects.toBe(lost)
    await channel.moveTo({ address: camera.address, interfaceIp: '127.0.0.1' })
    expect(await channel.readRegister(0x0a00)).toBe(0)
    expect(channel.camera.address).toBe(camera.address)
  })
})
