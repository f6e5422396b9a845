import { createGigeSimulator, type GigeSimulator } from 'framewire/simulator'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { DatagramSocket, Datagrams } from '../../ts/datagrams/datagrams.js'
import { receiveFault } from '../../ts/datagrams/faults.js'
import { nodeDatagrams } from '../../ts/datagrams/open-node.js'
import { type CaptureEvent, CaptureStage } from '../../ts/gige/capture/stage.js'
import { type GigeFrame, IMAGES } from '../../ts/gige/frame.js'
import { FrameReader } from '../../ts/gige/frame-reader.js'
import { streamSettings } from '../../ts/gige/stream-options.js'
import type { GigeVision } from '../../ts/gige-vision/gige-vision.js'
import { Feature } from '../../ts/simulator/features.js'
import { gige } from '../unit/gige-vision/module.js'
import { loopbackAddress } from './loopback.js'

const IMAGE = { width: 64, height: 48 }
const SETTINGS = streamSettings(IMAGE.width * IMAGE.height, { packetSize: 1500 })

/** Resolves as soon as something is so; what is waited for is in the error. */
async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const started = Date.now(); !(await isSo()); await new Promise((resolve) => setTimeout(resolve, 5))) {
    if (Date.now() - started > 15_000) throw new Error(`${what}: not within 15 s`)
  }
}

/** This host's network, whose stream sockets receive nothing any more once `fault` is set. */
class FailingNetwork implements Datagrams {
  fault: Error | undefined
  readonly #open = new Set<DatagramSocket>()

  /** Stream sockets that were not closed. */
  get streamSockets(): number {
    return this.#open.size
  }

  interfaces() {
    return nodeDatagrams().interfaces()
  }

  async open(options: Parameters<Datagrams['open']>[0] = {}): Promise<DatagramSocket> {
    const socket = await nodeDatagrams().open(options)
    if (options.receiveBufferBytes === undefined) return socket
    const receive = socket.receive.bind(socket)
    const close = socket.close.bind(socket)
    this.#open.add(socket)
    socket.receive = (into, timeoutMs) => {
      if (this.fault) throw this.fault
      return receive(into, timeoutMs)
    }
    socket.close = () => {
      this.#open.delete(socket)
      return close()
    }
    return socket
  }
}

/** GigE Vision whose reassembly breaks for good once `isBroken` is set, as a module does that met a trap. */
function breaking(): GigeVision & { isBroken: boolean } {
  const broken = {
    ...gige,
    isBroken: false,
    reassembler(options: Parameters<GigeVision['reassembler']>[0]) {
      const whole = gige.reassembler(options)
      const entries = Object.entries(whole).map(([name, call]) => [
        name,
        (...given: unknown[]) => {
          if (broken.isBroken) throw new WebAssembly.RuntimeError('unreachable')
          return (call as (...given: unknown[]) => unknown)(...given)
        },
      ])
      return { ...Object.fromEntries(entries), free: () => whole.free() } as typeof whole
    },
  }
  return broken
}

/** A simulated camera, and a capture worker's stage that holds it, in this thread, with faults. */
async function held({ reconnect = false, heartbeatTimeoutMs = 600 } = {}) {
  const address = loopbackAddress()
  const simulator = await createGigeSimulator({ address, ...IMAGE, fps: 100 })
  onTestFinished(() => simulator.close())
  const network = new FailingNetwork()
  const module = breaking()
  const stage = new CaptureStage(module, { datagrams: network })
  const events: CaptureEvent[] = []
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = ({ data }) => events.push(data as CaptureEvent)
  const place = { address, interfaceIp: '127.0.0.1' }
  const identity = { mac: '00:00:00:00:00:00', serialNumber: simulator.serial }
  await stage.open({ place, identity, heartbeatTimeoutMs, reconnect }, port2)
  onTestFinished(() => stage.close().catch(() => {}))
  return { simulator, network, module, stage, events }
}

/** Start a stream and the camera, and read its first frame. */
async function streaming(stage: CaptureStage): Promise<FrameReader<GigeFrame>> {
  const { port1, port2 } = new MessageChannel()
  onTestFinished(() => port1.close())
  await stage.startStream(SETTINGS, port2)
  const reader = new FrameReader(
    port1,
    SETTINGS.payloadBytes,
    IMAGES.make,
    () => new Error('ended, and not said why'),
  )
  await stage.writeRegister(Feature.acquisitionStart, 1)
  expect(await reader.read({ timeoutMs: 10_000 })).toMatchObject({ blockId: 1n, complete: true })
  return reader
}

/** What reading ends with, behind the frames that were there. */
async function endOf(reader: FrameReader<GigeFrame>): Promise<unknown> {
  try {
    while (await reader.read({ timeoutMs: 10_000 }));
  } catch (error) {
    return error
  }
  throw new Error('reading did not end within 10 s of its last frame')
}

/** What a camera shall be able to do whatever happened before: stream once more. */
async function streamsAgain(stage: CaptureStage, simulator: GigeSimulator, network: FailingNetwork) {
  await stage.writeRegister(Feature.acquisitionStop, 1)
  await until('the camera has stopped', () => !simulator.isStreaming)
  await streaming(stage)
  await stage.stopStream()
  expect(network.streamSockets).toBe(0)
}

describe('a stream', () => {
  it('is stopped with all its counts though its interface is down by then', async () => {
    const { simulator, network, stage } = await held()
    const reader = await streaming(stage)
    network.fault = receiveFault({ address: '127.0.0.1', port: 1 }, { code: 'ENETDOWN' })
    const statistics = await stage.stopStream()
    expect(statistics.complete).toBeGreaterThan(0)
    expect(stage.streamStatistics()).toEqual(statistics)
    expect(await endOf(reader)).toMatchObject({ message: 'ended, and not said why' })
    expect(network.streamSockets).toBe(0)
    network.fault = undefined
    await streamsAgain(stage, simulator, network)
  })

  it('that breaks tells its reader why, and leaves nothing open when it is stopped', async () => {
    const { simulator, network, module, stage } = await held()
    const reader = await streaming(stage)
    const { complete } = stage.streamStatistics()
    module.isBroken = true
    expect(await endOf(reader)).toMatchObject({ message: 'unreachable' })
    await expect(stage.stopStream()).rejects.toThrow('unreachable')
    expect(network.streamSockets).toBe(0)
    expect(stage.streamStatistics().complete, 'the last that were known').toBeGreaterThanOrEqual(complete)
    expect(await stage.stopStream(), 'stopping again gives them too').toEqual(stage.streamStatistics())
    module.isBroken = false
    await streamsAgain(stage, simulator, network)
  })

  it('that breaks as it is stopped ends its reader with that', async () => {
    const { simulator, network, stage } = await held()
    const reader = await streaming(stage)
    await stage.writeRegister(Feature.acquisitionStop, 1)
    const stopping = stage.stopStream()
    network.fault = new Error('a defect')
    await expect(stopping).rejects.toThrow('a defect')
    expect(await endOf(reader)).toMatchObject({ message: 'a defect' })
    expect(network.streamSockets).toBe(0)
    network.fault = undefined
    await streamsAgain(stage, simulator, network)
  })
})

describe('a camera whose stream breaks', () => {
  it('is given back when it is closed', async () => {
    const { simulator, network, module, stage } = await held()
    await streaming(stage)
    module.isBroken = true
    expect(simulator.controller).toBeDefined()
    await expect(stage.close()).rejects.toThrow('unreachable')
    await until('control is given back', () => simulator.controller === undefined)
    expect(network.streamSockets).toBe(0)
  })

  it('is looked for all the same when it is lost then', async () => {
    const { simulator, module, network, stage, events } = await held({ reconnect: true })
    const reader = await streaming(stage)
    module.isBroken = true
    simulator.restart()
    expect(await endOf(reader)).toMatchObject({ message: 'unreachable' })
    await until('it is there again', () => events.at(-1)?.kind === 'reconnected')
    expect(events.map(({ kind }) => kind)).toEqual(['lost', 'reconnected'])
    module.isBroken = false
    await streamsAgain(stage, simulator, network)
  })
})

it('a write that is refused because control was lost says so, before a heartbeat does', async () => {
  const { simulator, stage, events } = await held({ heartbeatTimeoutMs: 120_000 })
  // A register that is locked is refused, too.
  await stage.writeRegister(Feature.acquisitionStart, 1)
  await expect(stage.writeRegister(Feature.width, 8)).rejects.toMatchObject({ code: 'gige/refused' })
  simulator.restart()
  await until('the camera answers again', async () => {
    const answer = await stage.readRegister(Feature.width).catch(() => undefined)
    return answer !== undefined
  })
  await expect(stage.writeRegister(Feature.acquisitionStop, 1)).rejects.toMatchObject({
    code: 'gige/control-lost',
  })
  await until('it was told', () => events.length > 0)
  expect(events).toMatchObject([{ kind: 'lost' }])
})
