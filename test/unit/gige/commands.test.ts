import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type GigeCamera, openCamera } from 'framewire/gige'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { gigeVision } from '../../../ts/gige/network.js'
import { FakeCamera } from './fake-camera.js'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

async function open(address: string, worker?: string): Promise<GigeCamera> {
  const workerUrl = worker === undefined ? {} : { capture: new URL(worker, import.meta.url) }
  const camera = await openCamera(address, { workerUrl })
  onTestFinished(() => camera.close())
  return camera
}

describe('a command to a camera', () => {
  it('leaves nothing behind when it is done', async () => {
    const fake = await FakeCamera.open()
    for (let address = 0x1000; address < 0x1100; address += 4) fake.words.set(address, 0)
    const camera = await open(fake.address)
    const answer = async () => new WeakRef(await camera.readMemory(0x1000, 0x100))
    const answers = [await answer(), await answer()]
    const isForgotten = () => {
      collectGarbage()
      return answers.every((answer) => answer.deref() === undefined)
    }
    await vi.waitUntil(isForgotten, { timeout: 5000, interval: 10 })
  })

  it('that has no answer when the camera is closed rejects', async () => {
    const fake = await FakeCamera.open()
    const camera = await open(fake.address, './silent-worker.mjs')
    const waiting = expect(camera.readRegister(0x1000)).rejects.toMatchObject({
      code: 'gige/closed',
      details: { address: fake.address },
    })
    await camera.close()
    await waiting
  })

  it('rejects when its worker dies, also the one that opens the camera', async () => {
    const fake = await FakeCamera.open()
    await expect(open(fake.address, '../store/dying-worker.mjs')).rejects.toMatchObject({
      code: 'gige/control-lost',
      details: { address: fake.address },
      cause: expect.objectContaining({ message: expect.stringContaining('3') }),
    })
  })
})

describe('the WebAssembly of GigE Vision', () => {
  it('is looked for again where it was not found', async () => {
    const wasmUrl = new URL('nowhere.wasm', import.meta.url)
    await expect(gigeVision({ wasmUrl })).rejects.toMatchObject({ code: 'core/load' })
    const built = new URL('../../../crates/gige-wasm/pkg/gige_wasm_bg.wasm', import.meta.url)
    expect((await gigeVision({ wasmUrl: built })).gvcp.statusName(0)).toBe('GEV_STATUS_SUCCESS')
  })
})
