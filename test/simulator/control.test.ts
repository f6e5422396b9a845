import { setTimeout as sleep } from 'node:timers/promises'
import { unzipSync } from 'fflate'
import { describe, expect, it, vi } from 'vitest'
import {
  Bootstrap,
  ControlPrivilege,
  PacketSize,
  Status,
  streamChannel,
} from '../../ts/gige-vision/bootstrap.js'
import { Feature } from '../../ts/simulator/features.js'
import { loopbackAddress } from '../gige/loopback.js'
import { gvcp, Host, simulate } from './host.js'

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).replace(/\0.*$/s, '')

describe('discovery', () => {
  it('says who it is', async () => {
    const camera = await simulate({ serial: 'SIM-7', model: 'Growth camera', userName: 'left' })
    const { device } = await (await Host.open(camera)).done({ kind: 'discovery' })
    expect(device).toMatchObject({
      address: camera.address,
      serialNumber: 'SIM-7',
      model: 'Growth camera',
      userName: 'left',
      manufacturer: 'framewire',
      version: '2.0',
    })
    expect(device.mac).toMatch(/^02:46(:[0-9a-f]{2}){4}$/)
  })

  it('has its address to itself', async () => {
    const { address } = await simulate()
    await expect(simulate({ address })).rejects.toMatchObject({
      code: 'simulator/option',
      details: { option: 'address', given: address },
    })
  })

  it('tells its new name once it was given one', async () => {
    const camera = await simulate()
    const host = await Host.open(camera)
    await host.takeControl()
    const data = new Uint8Array(16)
    new TextEncoder().encodeInto('renamed', data)
    await host.done({ kind: 'write-memory', address: Bootstrap.userDefinedName, data })
    expect((await host.done({ kind: 'discovery' })).device.userName).toBe('renamed')
  })

  it('has its description in memory, plain or zipped', async () => {
    const files = []
    for (const zipDescription of [false, true]) {
      const host = await Host.open(await simulate({ zipDescription }))
      const url = text(
        (await host.done({ kind: 'read-memory', address: Bootstrap.firstUrl, count: 512 })).data,
      )
      const [, name, address, length] = /^Local:(.+);([0-9a-f]+);([0-9a-f]+)$/.exec(url)!
      expect(name).toMatch(zipDescription ? /\.zip$/ : /\.xml$/)
      const bytes = new Uint8Array(Number.parseInt(length!, 16))
      for (let at = 0; at < bytes.length; at += 512) {
        const count = Math.min(512, Math.ceil((bytes.length - at) / 4) * 4)
        const piece = { kind: 'read-memory', address: Number.parseInt(address!, 16) + at, count } as const
        bytes.set((await host.done(piece)).data.subarray(0, bytes.length - at), at)
      }
      files.push(zipDescription ? Object.values(unzipSync(bytes))[0]! : bytes)
    }
    expect(text(files[1]!)).toBe(text(files[0]!))
    expect(text(files[0]!)).toContain('<RegisterDescription')
  })

  it('goes where it is forced to, by its hardware address alone', async () => {
    const camera = await simulate()
    const host = await Host.open(camera)
    const { device } = await host.done({ kind: 'discovery' })
    const address = loopbackAddress()
    const force = { kind: 'force-ip', address, netmask: '255.0.0.0', gateway: '0.0.0.0' } as const
    expect((await host.ask({ ...force, mac: '02:00:00:00:00:01' })).status).not.toBe(Status.success)
    expect(camera.address).toBe(device.address)
    await host.done({ ...force, mac: device.mac })
    expect(camera.address).toBe(address)
    const there = await Host.open({ address })
    expect((await there.done({ kind: 'discovery' })).device).toEqual({ ...device, address })
  })
})

describe('control', () => {
  it('belongs to one host, which others can see', async () => {
    const camera = await simulate()
    const [first, second] = [await Host.open(camera), await Host.open(camera)]
    expect(await first.writing(Feature.width, 64)).toBe(Status.accessDenied)
    expect(await first.takeControl()).toBe(Status.success)
    expect(camera.controller).toEqual(first.control.local)
    expect(await second.takeControl()).toBe(Status.accessDenied)
    expect(await second.writing(Feature.width, 64)).toBe(Status.accessDenied)
    expect(await first.writing(Feature.width, 64)).toBe(Status.success)
    const port = Bootstrap.primaryApplicationPort
    expect(await second.read(Feature.width, port)).toEqual([64, first.control.local.port])
    expect(await first.takeControl(0)).toBe(Status.success)
    expect(camera.controller).toBeUndefined()
    expect(await second.takeControl()).toBe(Status.success)
  })

  it('keeps others from reading where it is exclusive', async () => {
    const camera = await simulate()
    const [first, second] = [await Host.open(camera), await Host.open(camera)]
    await first.takeControl(ControlPrivilege.exclusive)
    expect(await first.read(Feature.width)).toEqual([640])
    const { status } = await second.ask({ kind: 'read-registers', addresses: [Feature.width] })
    expect(status).toBe(Status.accessDenied)
    expect((await second.ask({ kind: 'discovery' })).status).toBe(Status.success)
  })

  it('is lost with the heartbeat, and the stream with it', async () => {
    const camera = await simulate({ width: 32, height: 16, fps: 100 })
    const host = await Host.open(camera)
    await host.startStream()
    await host.packets((packets) => packets.length > 0)
    await host.write(Bootstrap.heartbeatTimeout, 500)
    const deadline = performance.now() + 20_000
    while (camera.controller && performance.now() < deadline) await sleep(20)
    expect(camera.controller).toBeUndefined()
    expect(camera.isStreaming).toBe(false)
    expect(camera.statistics.heartbeatsMissed).toBe(1)
    expect(await host.read(streamChannel(0).port, Bootstrap.controlChannelPrivilege)).toEqual([0, 0])
  })

  it('is given to nobody where that is the fault', async () => {
    const host = await Host.open(await simulate({ faults: { controlDenied: true } }))
    expect(await host.takeControl()).toBe(Status.accessDenied)
  })
})

describe('registers', () => {
  it('refuses what cannot be read or written, and says why', async () => {
    const host = await Host.open(await simulate())
    await host.takeControl()
    const reading = async (address: number) =>
      (await host.ask({ kind: 'read-registers', addresses: [address] })).status
    expect(await reading(0x8000)).toBe(Status.invalidAddress)
    expect(await reading(0xa002)).toBe(Status.badAlignment)
    expect((await host.ask({ kind: 'read-memory', address: 0xf_0000, count: 536 })).status).toBe(
      Status.success,
    )
    expect((await host.ask({ kind: 'read-memory', address: 0xfff_fffc, count: 8 })).status).toBe(
      Status.invalidAddress,
    )
    expect(await host.writing(Bootstrap.version, 1)).toBe(Status.writeProtect)
    expect(await host.writing(Feature.sensorWidth, 1)).toBe(Status.writeProtect)
    expect(await host.writing(0x8000, 1)).toBe(Status.invalidAddress)
    expect(await host.writing(Feature.width, 641)).toBe(Status.invalidParameter)
    expect(await host.writing(Feature.pixelFormat, 0x0108_0009)).toBe(Status.invalidParameter)
    expect(await host.read(Feature.width)).toEqual([640])
  })

  it('writes several at once up to the one that it refuses', async () => {
    const host = await Host.open(await simulate())
    await host.takeControl()
    const writes = [
      { address: Feature.width, value: 100 },
      { address: Feature.height, value: 9999 },
      { address: Feature.offsetX, value: 4 },
    ]
    const { status } = await host.ask({ kind: 'write-registers', writes })
    expect(status).toBe(Status.invalidParameter)
    expect(await host.read(Feature.width, Feature.height, Feature.offsetX)).toEqual([100, 480, 0])
  })

  it('locks the image while frames are taken', async () => {
    const host = await Host.open(await simulate())
    await host.startStream()
    expect(await host.writing(Feature.width, 64)).toBe(Status.writeProtect)
    await host.write(Feature.acquisitionStop, 1)
    expect(await host.writing(Feature.width, 64)).toBe(Status.success)
  })

  it('latches the time of its clock', async () => {
    const host = await Host.open(await simulate())
    await host.takeControl()
    expect(await host.read(Bootstrap.timestampFrequencyHigh, Bootstrap.timestampFrequencyLow)).toEqual([
      0, 1e9,
    ])
    const latch = async () => {
      await host.write(Bootstrap.timestampControl, 2)
      const [high, low] = await host.read(Bootstrap.timestampHigh, Bootstrap.timestampLow)
      return high! * 2 ** 32 + low!
    }
    const [first, second] = [await latch(), await latch()]
    expect(second).toBeGreaterThan(first)
    await host.write(Bootstrap.timestampControl, 3)
    expect(await host.read(Bootstrap.timestampHigh)).toEqual([0])
  })

  it('fires test packets of the size asked for, as far as it has it', async () => {
    const camera = await simulate({ maxPacketSize: 3000 })
    const host = await Host.open(camera)
    const { packetSize, destination, port } = streamChannel(0)
    await host.takeControl()
    await host.write(destination, 0x7f00_0001)
    await host.write(port, host.stream.local.port)
    for (const [wanted, sent] of [
      [1500, 1500],
      [576, 576],
      [9000, 3000],
    ]) {
      await host.write(packetSize, (PacketSize.fireTest | PacketSize.doNotFragment | wanted!) >>> 0)
      const [packet] = await host.packets((packets) => packets.length > 0)
      expect(packet!.length + 28).toBe(sent)
      expect((await host.read(packetSize))[0]! & 0xffff).toBe(sent)
    }
    expect(camera.statistics.testPackets).toBe(3)
  })
})

describe('commands', () => {
  it('carries a repeated one out once', async () => {
    const camera = await simulate({ width: 32, height: 16 })
    const host = await Host.open(camera)
    await host.startStream()
    await host.write(Feature.acquisitionStop, 1)
    const writes = [{ address: Feature.acquisitionStart, value: 1 }]
    const start = gvcp.command(777, { kind: 'write-registers', writes }, true)
    for (let times = 0; times < 3; times++) {
      await host.send(start)
      expect(await host.answer()).toMatchObject({ requestId: 777, status: Status.success })
    }
    expect(camera.statistics.repeated).toBe(2)
  })

  it('survives what is none, and says so of what it does not know', async () => {
    const camera = await simulate()
    const host = await Host.open(camera)
    await host.send(new Uint8Array(0))
    await host.send(new Uint8Array([0x42, 1, 0]))
    await host.send(new Uint8Array(600).fill(0xff))
    // An ACTION_CMD without a body, and a READREG_CMD whose list is not whole.
    await host.send(new Uint8Array([0x42, 1, 1, 0, 0, 0, 0, 5]))
    expect(await host.answer()).toMatchObject({ requestId: 5, status: Status.notImplemented })
    await host.send(new Uint8Array([0x42, 1, 0, 0x80, 0, 2, 0, 6, 0, 0]))
    expect(await host.answer()).toMatchObject({ requestId: 6, status: Status.invalidHeader })
    expect(camera.statistics.malformed).toBe(3)
  })

  it('answers slow ones with PENDING_ACK first, and does not carry them out twice', async () => {
    const camera = await simulate({ faults: { slow: 1, slowMs: 300, pendingAck: true } })
    const host = await Host.open(camera)
    const request = gvcp.command(9, { kind: 'read-registers', addresses: [Feature.width] }, true)
    await host.send(request)
    expect(await host.answer()).toMatchObject({
      requestId: 9,
      ack: { kind: 'pending', timeToCompletionMs: 300 },
    })
    expect(await host.answer()).toMatchObject({
      requestId: 9,
      ack: { kind: 'read-registers', values: [640] },
    })
    expect(camera.statistics.pendingAcks).toBe(1)
  })

  it('loses the same acknowledges for the same seed', async () => {
    const answered = async (seed: number) => {
      const camera = await simulate({ seed, faults: { ackLoss: 0.5 } })
      const host = await Host.open(camera)
      for (let id = 1; id <= 40; id++) await host.send(gvcp.command(id, { kind: 'discovery' }, true))
      await vi.waitUntil(() => camera.statistics.commands === 40, 10_000)
      const ids: number[] = []
      while (ids.length < 40 - camera.statistics.acksLost) ids.push((await host.answer())!.requestId)
      return ids
    }
    const first = await answered(3)
    expect(first.length).toBeGreaterThan(5)
    expect(first.length).toBeLessThan(35)
    expect(await answered(3)).toEqual(first)
    expect(await answered(4)).not.toEqual(first)
  })

  it('restarts with its settings as they were at first', async () => {
    const camera = await simulate()
    const host = await Host.open(camera)
    await host.takeControl()
    await host.write(Feature.width, 64)
    await host.write(Bootstrap.heartbeatTimeout, 1000)
    await host.write(Bootstrap.gvcpConfiguration, 1)
    camera.restart()
    await host.return()
    const { controlChannelPrivilege, heartbeatTimeout, gvcpConfiguration } = Bootstrap
    expect(
      await host.read(Feature.width, controlChannelPrivilege, heartbeatTimeout, gvcpConfiguration),
    ).toEqual([640, 0, 3000, 0])
  })

  it('knows of no command before its restart', async () => {
    const camera = await simulate()
    const host = await Host.open(camera)
    const writes = [{ address: Bootstrap.controlChannelPrivilege, value: ControlPrivilege.control }]
    const take = gvcp.command(7, { kind: 'write-registers', writes }, true)
    await host.send(take)
    expect(await host.answer()).toMatchObject({ requestId: 7, status: Status.success })
    camera.restart()
    await vi.waitUntil(async () => {
      await host.send(take)
      return host.answer(50)
    }, 10_000)
    expect(camera.controller).toEqual(host.control.local)
  })

  it('restarts when it is told to, once', async () => {
    const camera = await simulate()
    const host = await Host.open(camera)
    await host.takeControl()
    const writes = [{ address: Feature.deviceReset, value: 1 }]
    const reset = gvcp.command(7, { kind: 'write-registers', writes }, true)
    await host.send(reset)
    expect(await host.answer()).toMatchObject({ requestId: 7, status: Status.success })
    // Afterwards whoever gives it again has no control any more.
    const again = await vi.waitUntil(async () => {
      await host.send(reset)
      return host.answer(50)
    }, 10_000)
    expect(again).toMatchObject({ requestId: 7, status: Status.accessDenied })
    expect(camera.statistics.restarts).toBe(1)
    expect(camera.controller).toBeUndefined()
  })

  it('loads its settings as they were at first, but not while frames are taken', async () => {
    const host = await Host.open(await simulate())
    await host.takeControl()
    await host.write(Feature.width, 64)
    await host.write(Feature.gain, 7)
    await host.startStream()
    expect(await host.writing(Feature.userSetLoad, 1)).toBe(Status.writeProtect)
    expect(await host.read(Feature.width, Feature.gain)).toEqual([64, 7])
    await host.write(Feature.acquisitionStop, 1)
    await host.write(Feature.userSetLoad, 1)
    expect(await host.read(Feature.width, Feature.gain)).toEqual([640, 0])
  })
})
