import { describe, expect, it } from 'vitest'
import { FramewireError } from '../../../ts/errors.js'
import { Acquisition, acquire } from '../../../ts/gige/acquisition.js'
import { CreditOutlet } from '../../../ts/gige/capture/credit-outlet.js'
import type { StreamStatistics } from '../../../ts/gige/statistics.js'
import type { StreamSettings } from '../../../ts/gige/stream-options.js'
import type { StreamingCamera } from '../../../ts/gige/stream-run.js'
import { gige } from '../gige-vision/module.js'
import { blockOf, leaderOf } from './blocks.js'

const PAYLOAD_BYTES = 16

/** A camera whose frames get through with packets of `path` bytes and fewer, though all test packets do. */
class CameraBehindSwitch implements StreamingCamera {
  readonly address = '10.0.0.2'
  readonly started: StreamSettings[] = []
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

  comeBack(): Promise<void> {
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
  }

  async stopAcquisition() {
    this.#isAcquiring = false
  }

  async startStream(settings: StreamSettings, port: MessagePort) {
    const { packetSize, packetSizeBelow = 9001 } = settings
    this.#packetSize = packetSize ?? [9000, 8192, 1500, 576].find((size) => size < packetSizeBelow)!
    this.#complete = 0
    this.started.push(settings)
    this.#outlet = new CreditOutlet(port, gige.pixels, 'little')
    return this.streamStatistics()
  }

  async startPacking(): Promise<never> {
    throw new Error('not here')
  }

  async packetSizeProof() {
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
  }

  get isAcquiring() {
    return this.#isAcquiring
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
