import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { FramewireError } from '../../../ts/errors.js'
import { Acquisition, acquire } from '../../../ts/gige/acquisition.js'
import { CreditOutlet } from '../../../ts/gige/capture/credit-outlet.js'
import { ImageMaker } from '../../../ts/gige/capture/image-maker.js'
import { type GigeFrame, IMAGES } from '../../../ts/gige/frame.js'
import type { StreamStatistics } from '../../../ts/gige/statistics.js'
import type { StreamSettings } from '../../../ts/gige/stream-options.js'
import type { StreamingCamera } from '../../../ts/gige/stream-run.js'
import { gige } from '../gige-vision/module.js'
import { blockOf, leaderOf } from './blocks.js'

const PAYLOAD_BYTES = 16

/** A camera whose frames get through with packets of `path` bytes and fewer, though all test packets do. */
class CameraBehindSwitch implements StreamingCamera<GigeFrame> {
  readonly maker = IMAGES.maker
  readonly make = IMAGES.make
  readonly headerRows = 0
  readonly address = '10.0.0.2'
  readonly started: StreamSettings[] = []
  /** Called once, while a packet size is proved, and behind the camera's start. */
  whileProving: (() => Promise<void>) | undefined
  whileStarting: (() => Promise<void>) | undefined
  isStreaming = false
  readonly #path: number
  #outlet: CreditOutlet | undefined
  #packetSize = 0
  #complete = 0
  #isAcquiring = false
  #returns = 0
  #isBack: (() => void) | undefined

  constructor(path: number) {
    this.#path = path
  }

  get returns(): number {
    return this.#returns
  }

  comeBack(before: number): Promise<void> {
    if (this.#returns > before) return Promise.resolve()
    return new Promise((resolve) => {
      this.#isBack = resolve
    })
  }

  async payloadBytes() {
    return PAYLOAD_BYTES
  }

  async isTriggered() {
    return false
  }

  async startAcquisition() {
    this.#isAcquiring = true
    if (this.#packetSize <= this.#path) this.frame()
    const happening = this.whileStarting?.()
    this.whileStarting = undefined
    await happening
  }

  async stopAcquisition() {
    this.#isAcquiring = false
  }

  async startStream(settings: StreamSettings, port: MessagePort) {
    const { packetSize, packetSizeBelow = 9001 } = settings
    this.#packetSize = packetSize ?? [9000, 8192, 1500, 576].find((size) => size < packetSizeBelow)!
    this.#complete = 0
    this.started.push(settings)
    this.#outlet = new CreditOutlet(port, new ImageMaker(gige.pixels, 'little'))
    this.isStreaming = true
    return this.streamStatistics()
  }

  async startPacking(): Promise<never> {
    throw new Error('not here')
  }

  async packetSizeProof() {
    const happening = this.whileProving?.()
    this.whileProving = undefined
    await happening
    return this.#complete > 0 ? ('whole' as const) : ('lost' as const)
  }

  async streamStatistics() {
    const { 1: packets, 0: complete } = [this.#complete, 3 * this.#complete + 1]
    return {
      complete,
      packets,
      packetSize: this.#packetSize,
      streamingMs: 0,
      refused: {},
    } as StreamStatistics
  }

  async stopStream() {
    this.#outlet?.close()
    this.isStreaming = false
    return this.streamStatistics()
  }

  frame() {
    this.#complete++
    const image = new Uint8Array(PAYLOAD_BYTES).fill(this.#complete)
    const block = blockOf(image, leaderOf(0x01080001, 4, 4), { blockId: BigInt(this.#complete) })
    this.#outlet?.take({ block, timestampNs: 0n, capturedAtNs: 0n })
  }

  lose() {
    this.#isAcquiring = false
    this.#outlet?.close(
      new FramewireError('gige/control-lost', 'lost', { address: this.address, reason: 'unplugged' }),
    )
  }

  plugIn() {
    this.#returns++
    this.#isBack?.()
    this.#isBack = undefined
  }

  get isAcquiring() {
    return this.#isAcquiring
  }

  get isLookedFor() {
    return this.#isBack !== undefined
  }
}

/** The camera is lost, and whoever reads of it has heard of that. */
async function lostAndTold(camera: CameraBehindSwitch): Promise<void> {
  camera.lose()
  await sleep(50)
}

/** Resolves as soon as something is so; what is waited for is in the error. */
async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const started = Date.now(); !isSo(); await sleep(2)) {
    if (Date.now() - started > 10_000) throw new Error(`${what}: not within 10 s`)
  }
}

describe('an acquisition', () => {
  it('takes smaller packets where no frame of the first size comes, and reads of those', async () => {
    const camera = new CameraBehindSwitch(1500)
    const acquisition = new Acquisition(camera, {})
    expect((await acquisition.readFrame())?.blockId).toBe(1n)
    expect((await acquisition.statistics()).packetSize).toBe(1500)
    expect(camera.started.map(({ packetSizeBelow }) => packetSizeBelow)).toEqual([undefined, 9000, 8192])
    await acquisition.stop()
    expect(camera.isAcquiring).toBe(false)
  })

  it('gives up when no size gets through, and the camera is free again', async () => {
    const camera = new CameraBehindSwitch(100)
    await expect(acquire(camera, 1)).rejects.toMatchObject({
      code: 'gige/packet-size',
      details: { tried: [9000, 8192, 1500, 576] },
    })
    expect(camera.isAcquiring).toBe(false)
    await expect(acquire(camera, 1), 'not gige/acquiring').rejects.toMatchObject({ code: 'gige/packet-size' })
  })

  it('believes the packet size that it is given', async () => {
    const camera = new CameraBehindSwitch(100)
    const acquisition = new Acquisition(camera, { packetSize: 4000 })
    expect(await acquisition.readFrame({ timeoutMs: 10 })).toBeNull()
    expect((await acquisition.stop()).packetSize).toBe(4000)
    expect(camera.started).toHaveLength(1)
  })

  it('goes on when a camera that is looked for comes back, behind the frames from before', async () => {
    const camera = new CameraBehindSwitch(9000)
    let setUp = 0
    const acquisition = new Acquisition(camera, {
      async onReconnected() {
        setUp++
        expect(camera.isAcquiring, 'set up before it acquires').toBe(false)
      },
    })
    expect((await acquisition.readFrame())?.blockId).toBe(1n)
    camera.frame()
    camera.lose()
    expect((await acquisition.readFrame())?.blockId).toBe(2n)
    expect(await acquisition.readFrame({ timeoutMs: 20 }), 'not there yet').toBeNull()
    const next = acquisition.readFrame()
    camera.plugIn()
    expect((await next)?.blockId).toBe(1n)
    camera.frame()
    expect((await acquisition.readFrame())?.blockId).toBe(2n)
    expect(setUp).toBe(1)
    const { complete, read, interruptions } = await acquisition.stop()
    expect({ complete, read }).toEqual({ complete: 4, read: 4 })
    expect(interruptions).toEqual([{ at: expect.any(Number), gapMs: expect.any(Number) }])
  })

  it('that loses the camera while the packet size is proved says so, and leaves nothing behind', async () => {
    const camera = new CameraBehindSwitch(9000)
    camera.whileProving = () => lostAndTold(camera)
    const acquisition = new Acquisition(camera, {})
    await expect(acquisition.readFrame()).rejects.toMatchObject({ code: 'gige/control-lost' })
    await expect(acquisition.started).rejects.toMatchObject({ code: 'gige/control-lost' })
    expect(camera.isStreaming).toBe(false)
    expect(await acquire(camera, 1)).toHaveLength(1)
  })

  it('whose packet size cannot be proved leaves nothing behind', async () => {
    const camera = new CameraBehindSwitch(9000)
    camera.whileProving = () => Promise.reject(new Error('a defect'))
    await expect(acquire(camera, 1)).rejects.toThrow('a defect')
    expect({ isAcquiring: camera.isAcquiring, isStreaming: camera.isStreaming }).toEqual({
      isAcquiring: false,
      isStreaming: false,
    })
    expect(await acquire(camera, 1)).toHaveLength(1)
  })

  it.each([
    { packetSize: undefined, moment: 'whileProving' },
    { packetSize: 1500, moment: 'whileStarting' },
  ] as const)('goes on when a camera that came back is lost again $moment', async (given) => {
    const camera = new CameraBehindSwitch(9000)
    const acquisition = new Acquisition(camera, { packetSize: given.packetSize })
    expect((await acquisition.readFrame())?.blockId).toBe(1n)
    camera.lose()
    const next = acquisition.readFrame({ timeoutMs: 10_000 })
    await until('it is looked for', () => camera.isLookedFor)
    const lostAgain = new Promise<void>((resolve) => {
      camera[given.moment] = () => lostAndTold(camera).then(resolve)
    })
    camera.plugIn()
    await lostAgain
    await until('it is looked for again', () => camera.isLookedFor)
    camera.plugIn()
    expect((await next)?.blockId).toBe(1n)
    camera.frame()
    expect((await acquisition.readFrame())?.blockId).toBe(2n)
    const { interruptions } = await acquisition.stop()
    expect(interruptions, 'one gap, though it was lost twice').toHaveLength(1)
  })

  it('can be stopped while the camera is away', async () => {
    const camera = new CameraBehindSwitch(9000)
    const acquisition = new Acquisition(camera, {})
    expect((await acquisition.readFrame())?.blockId).toBe(1n)
    camera.lose()
    const reading = acquisition.readFrame({ timeoutMs: 50 })
    expect(await reading).toBeNull()
    expect(await acquisition.stop()).toMatchObject({ complete: 1, read: 1, interruptions: [] })
    expect(await acquire(camera, 1)).toHaveLength(1)
  })
})
