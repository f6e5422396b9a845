import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { shimDatagrams } from '../../../ts/datagrams/shim-node.js'
import type { Patience } from '../../../ts/gige/capture/command-queue.js'
import { Control } from '../../../ts/gige/capture/control.js'
import { ControlChannel } from '../../../ts/gige/capture/control-channel.js'
import { Bootstrap, ControlPrivilege, GvcpCapability, Status } from '../../../ts/gige-vision/bootstrap.js'
import { gige } from '../gige-vision/module.js'
import { FakeCamera, type Heard } from './fake-camera.js'

const CCP = Bootstrap.controlChannelPrivilege
const datagrams = shimDatagrams()

async function open(camera: FakeCamera, patience: Patience = {}): Promise<ControlChannel> {
  const place = { address: camera.address, interfaceIp: '127.0.0.1' }
  const channel = await ControlChannel.open(gige.gvcp, datagrams, place, patience)
  onTestFinished(() => channel.close())
  return channel
}

/** Take control; `lost` has what was told of its loss. */
async function take(camera: FakeCamera, heartbeatTimeoutMs: number, patience?: Patience) {
  const channel = await open(camera, patience)
  const lost: Error[] = []
  const control = await Control.take(channel, { heartbeatTimeoutMs, onLost: (error) => lost.push(error) })
  onTestFinished(() => control.release())
  return { channel, control, lost }
}

const isHeartbeat = ({ command }: Heard) => command.kind === 'read-registers' && command.addresses[0] === CCP
const beats = (camera: FakeCamera) => camera.heard.filter(isHeartbeat).length
const until = (what: () => boolean) => vi.waitUntil(what, { timeout: 20_000, interval: 5 })

describe('control of a camera', () => {
  it('is taken with the heartbeat time-out asked for, and given back', async () => {
    const camera = await FakeCamera.open()
    const { control } = await take(camera, 3000)
    expect(camera.words.get(CCP)).toBe(ControlPrivilege.control)
    expect(camera.words.get(Bootstrap.heartbeatTimeout)).toBe(3000)
    await control.release()
    expect(camera.words.get(CCP)).toBe(0)
    expect(camera.holder).toBe(undefined)
  })

  it('is kept by a heartbeat until it is given back', async () => {
    const camera = await FakeCamera.open()
    const { control, lost } = await take(camera, 60)
    await until(() => beats(camera) >= 5)
    await control.release()
    const heard = camera.heard.length
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(camera.heard).toHaveLength(heard)
    expect(lost).toEqual([])
  })

  it("follows the camera's own limit of the time-out", async () => {
    const camera = await FakeCamera.open()
    // Refused; the camera goes on with its own: a heartbeat each 10 s would never come here.
    camera.words.set(Bootstrap.heartbeatTimeout, 60)
    camera.script.push(
      ({ answer, send }) => send(answer()),
      ({ heard, send }) =>
        send(gige.gvcp.ack(heard.requestId, Status.invalidParameter, { kind: 'refused' }, 0x0082)),
    )
    await take(camera, 30_000)
    await until(() => beats(camera) >= 2)
  })

  it.each([
    ['with the name of the host that has it', '10.1.2.3', 0x0a010203],
    ['of a camera that does not tell who has it', undefined, undefined],
  ])('is denied %s', async (_, holder, register) => {
    const camera = await FakeCamera.open()
    camera.holder = { address: '10.1.2.3', port: 4 }
    if (register !== undefined) camera.words.set(Bootstrap.primaryApplicationIp, register)
    await expect(take(camera, 3000)).rejects.toMatchObject({
      code: 'gige/control-denied',
      details: holder ? { address: camera.address, holder } : { address: camera.address },
      cause: { code: 'gige/refused' },
    })
  })

  it('is lost when the camera was restarted', async () => {
    const camera = await FakeCamera.open()
    const { lost } = await take(camera, 60)
    await until(() => beats(camera) >= 2)
    camera.words.set(CCP, 0)
    await until(() => lost.length > 0)
    expect(lost).toMatchObject([{ code: 'gige/control-lost', details: { reason: /restarted/ } }])
  })

  it('is lost when the camera falls silent, told once, and not before its time-out', async () => {
    const camera = await FakeCamera.open()
    // Each beat gives up after 10 ms: only that 300 ms went by can tell.
    const { channel, lost } = await take(camera, 300, { answerMs: 10, tries: 1 })
    await until(() => beats(camera) >= 1)
    camera.always = () => {}
    await until(() => lost.length > 0)
    expect(performance.now() - channel.answeredAt).toBeGreaterThanOrEqual(300)
    expect(lost).toMatchObject([
      {
        code: 'gige/control-lost',
        details: { reason: /does not answer/ },
        cause: { code: 'gige/no-answer' },
      },
    ])
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(lost).toHaveLength(1)
  })

  it('survives answers that were lost, and a camera that is busy', async () => {
    const camera = await FakeCamera.open()
    const { lost } = await take(camera, 3000, { answerMs: 10, tries: 1 })
    const heard = beats(camera)
    camera.script.push(
      () => {},
      ({ heard, send }) => send(gige.gvcp.ack(heard.requestId, Status.busy, { kind: 'refused' }, 0x0080)),
    )
    await until(() => beats(camera) >= heard + 3)
    expect(lost).toEqual([])
  })

  it('is lost to a host that has it alone', async () => {
    const camera = await FakeCamera.open()
    const { lost } = await take(camera, 60)
    camera.always = ({ heard, send }) =>
      send(gige.gvcp.ack(heard.requestId, Status.accessDenied, { kind: 'refused' }, 0x0080))
    await until(() => lost.length > 0)
    expect(lost).toMatchObject([{ details: { reason: /another host/ }, cause: { code: 'gige/refused' } }])
  })

  it('is lost to a host that took it over, where the camera tells who has it', async () => {
    const camera = await FakeCamera.open()
    camera.words.set(Bootstrap.gvcpCapability, GvcpCapability.primaryApplication)
    camera.words.set(Bootstrap.primaryApplicationIp, 0x7f000001)
    const { lost } = await take(camera, 60)
    await until(() => beats(camera) >= 3)
    expect(lost).toEqual([])
    camera.words.set(Bootstrap.primaryApplicationIp, 0x0a010203)
    await until(() => lost.length > 0)
    expect(lost).toMatchObject([{ details: { reason: /10\.1\.2\.3/ } }])
  })
})
