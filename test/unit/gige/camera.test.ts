import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type GigeCamera, type OpenCameraOptions, openCamera, type Reconnected } from 'framewire/gige'
import { expect, it, onTestFinished, describe as suite, vi } from 'vitest'
import { Bootstrap, URL_BYTES } from '../../../ts/gige-vision/bootstrap.js'
import { loopbackAddress } from '../../gige/loopback.js'
import { start } from '../../gige/process.js'
import { FakeCamera } from './fake-camera.js'
import { describe, integer } from './feature-xml.js'

const CCP = Bootstrap.controlChannelPrivilege

/** Where cameras are looked for: a silent one is not to be looked for on this host's networks. */
const HERE = { interfaceIp: '127.0.0.1' }

async function open(fake: FakeCamera, options: OpenCameraOptions = {}): Promise<GigeCamera> {
  const camera = await openCamera(fake.address, { ...HERE, ...options })
  onTestFinished(() => camera.close())
  return camera
}

/** The next event of this kind. */
function event<T>(camera: GigeCamera, kind: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no event ${kind} came within 30 s`)), 30_000)
    camera.addEventListener(
      kind,
      (event) => {
        clearTimeout(late)
        resolve((event as CustomEvent<T>).detail)
      },
      { once: true },
    )
  })
}

suite('a camera in its worker', () => {
  it('is controlled until it is closed', async () => {
    const fake = await FakeCamera.open({ serialNumber: 'S7', userName: 'left' })
    const camera = await open(fake)
    expect(camera.identity).toMatchObject({ serialNumber: 'S7', userName: 'left', interfaceIp: '127.0.0.1' })
    expect(camera.address).toBe(fake.address)
    expect(fake.words.get(CCP)).toBe(2)
    expect(fake.words.get(Bootstrap.heartbeatTimeout)).toBe(3000)

    fake.words.set(0xa000, 1)
    fake.words.set(0xa004, 2)
    expect(await camera.readRegisters([0xa004, 0xa000])).toEqual([2, 1])
    await camera.writeRegister(0xa000, 9)
    await camera.writeMemory(0xa004, Uint8Array.of(1, 2, 3, 4))
    expect(await camera.readMemory(0xa000, 8)).toEqual(Uint8Array.of(0, 0, 0, 9, 1, 2, 3, 4))

    await camera.close()
    await camera.close()
    expect(fake.words.get(CCP)).toBe(0)
    await expect(camera.readRegister(0xa000)).rejects.toMatchObject({
      code: 'gige/closed',
      details: { address: fake.address },
    })
  })

  it('has the features that its own description tells of', async () => {
    const fake = await FakeCamera.open()
    const xml = Buffer.from(describe([integer('Width', 0xa000)]))
    const url = new Uint8Array(URL_BYTES)
    url.set(Buffer.from(`Local:fake.xml;20000;${xml.length.toString(16)}`))
    fake.setMemory(Bootstrap.firstUrl, url)
    fake.setMemory(0x20000, xml)
    fake.words.set(0xa000, 640)
    const camera = await open(fake)
    const heard = fake.heard.length
    const [features, again] = await Promise.all([camera.features(), camera.features()])
    expect(again).toBe(features)
    expect(await camera.width()).toBe(640)
    expect(await camera.setWidth(320)).toBe(320)
    expect(fake.words.get(0xa000)).toBe(320)
    expect(Buffer.from((await camera.description()).bytes)).toEqual(xml)
    const urls = fake.heard
      .slice(heard)
      .filter(({ command }) => command.kind === 'read-memory' && command.address === Bootstrap.firstUrl)
    expect(urls).toHaveLength(1)
  })

  it('tells its errors whole', async () => {
    const fake = await FakeCamera.open()
    fake.words.set(Bootstrap.primaryApplicationIp, 0x0a010203)
    fake.holder = { address: '10.1.2.3', port: 4 }
    await expect(openCamera(fake.address, HERE)).rejects.toMatchObject({
      code: 'gige/control-denied',
      details: { address: fake.address, holder: '10.1.2.3' },
      cause: { code: 'gige/refused', details: { statusName: 'GEV_STATUS_ACCESS_DENIED' } },
    })
    const options = { ...HERE, discoveryTimeoutMs: 100 }
    await expect(openCamera(loopbackAddress(), options)).rejects.toMatchObject({ code: 'gige/not-found' })
    await expect(openCamera(fake.address, { ...HERE, heartbeatTimeoutMs: 10 })).rejects.toMatchObject({
      code: 'gige/option',
      details: { option: 'heartbeatTimeoutMs' },
    })
  })

  it('is kept while the main thread is blocked', async () => {
    const fake = await FakeCamera.open()
    fake.isWatchful = true
    const host = fileURLToPath(new URL('./blocked-host.mjs', import.meta.url))
    const running = start(process.execPath, [host, fake.address, '3000', '8000'])
    onTestFinished(() => running.stop())
    await running.line(/^blocking$/)
    // Three times as long as the camera bears silence.
    const [said] = await running.line(/^\{.*\}$/, 30_000)
    expect(JSON.parse(said)).toEqual({ lost: false, privilege: 2 })
    expect(await running.ended()).toBe(0)
    expect(fake.words.get(CCP)).toBe(0)
  })

  it('that vanishes is lost, once, and says so to every call', async () => {
    const fake = await FakeCamera.open()
    const camera = await open(fake, { heartbeatTimeoutMs: 500 })
    const losses: unknown[] = []
    camera.addEventListener('lost', (event) => losses.push((event as CustomEvent).detail))
    const lost = event(camera, 'lost')
    await fake.stop()
    expect(await lost).toMatchObject({ code: 'gige/control-lost', details: { address: fake.address } })
    await expect(camera.readRegister(0xa000)).rejects.toMatchObject({ code: 'gige/control-lost' })
    await camera.close()
    expect(losses).toHaveLength(1)
  })

  it('that comes back is taken again, with the gap told, and its features are read anew', async () => {
    const fake = await FakeCamera.open()
    const camera = await open(fake, { heartbeatTimeoutMs: 500, reconnect: true })
    fake.words.set(0xa000, 1)
    for (const time of [1, 2]) {
      const [lost, back] = [event(camera, 'lost'), event<Reconnected>(camera, 'reconnected')]
      await fake.stop()
      await lost
      await expect(camera.readRegister(0xa000)).rejects.toMatchObject({ code: 'gige/control-lost' })
      await fake.start()
      const { address, gapMs } = await back
      expect(address, `time ${time}`).toBe(fake.address)
      expect(gapMs).toBeGreaterThan(500)
      expect(fake.words.get(CCP)).toBe(2)
      expect(await camera.readRegister(0xa000)).toBe(1)
    }
  })

  it('keeps the process alive while it is looked for, and no longer', async () => {
    const fake = await FakeCamera.open()
    const host = fileURLToPath(new URL('./waiting-host.mjs', import.meta.url))
    const running = start(process.execPath, [host, fake.address])
    onTestFinished(() => running.stop())
    await running.line(/^open$/)
    await fake.stop()
    await running.line(/^lost$/)
    await fake.start()
    await running.line(/^reconnected$/)
    expect(await running.ended()).toBe(0)
  })

  it('is looked for until it is closed', async () => {
    const fake = await FakeCamera.open()
    const camera = await open(fake, { heartbeatTimeoutMs: 500, reconnect: true })
    const lost = event(camera, 'lost')
    await fake.stop()
    await lost
    await camera.close()
    await fake.start()
    fake.heard.length = 0
    // Long enough for several looks.
    await sleep(2000)
    expect(fake.heard).toEqual([])
  })

  it('that another host took meanwhile is taken when that one leaves', async () => {
    const fake = await FakeCamera.open()
    const camera = await open(fake, { heartbeatTimeoutMs: 500, reconnect: true })
    const [lost, back] = [event(camera, 'lost'), event(camera, 'reconnected')]
    await fake.stop()
    await lost
    fake.holder = { address: '10.1.2.3', port: 4 }
    await fake.start()
    const isRefused = () =>
      fake.heard.some(({ command }) => command.kind === 'write-registers' && command.writes[0]?.value === 2)
    fake.heard.length = 0
    await vi.waitUntil(isRefused, { timeout: 20_000, interval: 5 })
    fake.holder = undefined
    await back
    expect(fake.holder).toMatchObject({ address: '127.0.0.1' })
  })
})
