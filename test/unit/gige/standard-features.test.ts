import { expect, it, onTestFinished, describe as suite } from 'vitest'
import { shimDatagrams } from '../../../ts/datagrams/shim-node.js'
import type { Features } from '../../../ts/genicam/features.js'
import { loadFeatures } from '../../../ts/genicam/load.js'
import { ControlChannel } from '../../../ts/gige/capture/control-channel.js'
import { StandardFeatures } from '../../../ts/gige/standard-features.js'
import { gige } from '../gige-vision/module.js'
import { FakeCamera } from './fake-camera.js'
import { boolean, command, describe, enumeration, type FeatureXml, float, integer } from './feature-xml.js'

const wasmUrl = new URL('../../../crates/genicam-wasm/pkg/genicam_wasm_bg.wasm', import.meta.url).href

/** A camera with these features, one behind the other from 0xa000 on; `words` has their registers by name. */
async function camera(...features: ((address: number) => FeatureXml)[]) {
  const made = features.map((feature, at) => feature(0xa000 + 4 * at))
  const fake = await FakeCamera.open()
  for (const at of made.keys()) fake.words.set(0xa000 + 4 * at, 0)
  const place = { address: fake.address, interfaceIp: '127.0.0.1' }
  const registers = await ControlChannel.open(gige.gvcp, shimDatagrams(), place)
  onTestFinished(() => registers.close())
  const loaded = loadFeatures({ xml: describe(made), registers, wasmUrl })
  class Camera extends StandardFeatures {
    features(): Promise<Features> {
      return loaded
    }
  }
  const addressOf = (name: string) => 0xa000 + 4 * made.findIndex((feature) => feature.name === name)
  return {
    camera: new Camera(),
    fake,
    word: (name: string) => fake.words.get(addressOf(name)),
    set: (name: string, value: number) => fake.words.set(addressOf(name), value),
  }
}

const bits = (value: number) => new DataView(Float32Array.of(value).buffer).getUint32(0, true)

suite('standard features', () => {
  it('are read and set by their names', async () => {
    const { camera: standard, word } = await camera(
      (at) => integer('Width', at),
      (at) => integer('Height', at),
      (at) => integer('PayloadSize', at),
      (at) => enumeration('PixelFormat', at, { Mono8: 1, Mono16: 7 }),
      (at) => float('ExposureTime', at),
      (at) => float('Gain', at),
      (at) => enumeration('TriggerMode', at, { Off: 0, On: 1 }),
      (at) => enumeration('TriggerSource', at, { Software: 0, Line1: 5 }),
      (at) => command('TriggerSoftware', at),
    )
    expect(await standard.setWidth(640)).toBe(640)
    expect(await standard.setHeight(480)).toBe(480)
    expect([word('Width'), word('Height')]).toEqual([640, 480])
    expect([await standard.width(), await standard.height()]).toEqual([640, 480])
    expect(await standard.payloadBytes()).toBe(0)
    expect(await standard.setPixelFormat('Mono16')).toBe('Mono16')
    expect(word('PixelFormat')).toBe(7)
    expect(await standard.pixelFormat()).toBe('Mono16')
    expect(await standard.setExposureTime(1500.5)).toBe(1500.5)
    expect(word('ExposureTime')).toBe(bits(1500.5))
    expect(await standard.setGain(2.5)).toBe(2.5)
    expect(await standard.gain()).toBe(2.5)
    expect(await standard.isTriggered()).toBe(false)
    await standard.setTriggerMode('On')
    expect(await standard.isTriggered()).toBe(true)
    expect(await standard.setTriggerSource('Line1')).toBe('Line1')
    expect([word('TriggerMode'), word('TriggerSource')]).toEqual([1, 5])
    await standard.trigger()
    expect(word('TriggerSoftware')).toBe(1)
  })

  it('have the names of older cameras, too', async () => {
    const { camera: standard, word } = await camera(
      (at) => float('ExposureTimeAbs', at),
      (at) => integer('GainRaw', at),
      (at) => float('AcquisitionFrameRateAbs', at),
      (at) => boolean('AcquisitionFrameRateEnable', at),
    )
    expect(await standard.setExposureTime(20)).toBe(20)
    expect(await standard.setGain(3)).toBe(3)
    expect(await standard.setFrameRate(12.5)).toBe(12.5)
    expect(word('ExposureTimeAbs')).toBe(bits(20))
    expect(word('GainRaw')).toBe(3)
    expect(word('AcquisitionFrameRateAbs')).toBe(bits(12.5))
    expect(word('AcquisitionFrameRateEnable')).toBe(1)
    expect(await standard.isTriggered()).toBe(false)
  })

  it('are those that are available, where the description has several names', async () => {
    const { camera: standard, set } = await camera(
      (at) => integer('Gain', at, 'Which'),
      (at) => integer('GainRaw', at),
      (at) => integer('Which', at),
    )
    set('Gain', 1)
    set('GainRaw', 2)
    expect(await standard.gain()).toBe(2)
    const other = await camera(
      (at) => integer('Gain', at, 'Which'),
      (at) => integer('GainRaw', at),
      (at) => integer('Which', at),
    )
    other.set('Which', 1)
    other.set('Gain', 1)
    other.set('GainRaw', 2)
    expect(await other.camera.gain()).toBe(1)
  })

  it('that the camera lacks are told by the name of today', async () => {
    const { camera: standard } = await camera((at) => integer('Width', at))
    await expect(standard.exposureTime()).rejects.toMatchObject({
      code: 'genicam/unknown',
      details: { feature: 'ExposureTime' },
    })
  })

  it('start an acquisition without end and with its size locked, and stop it', async () => {
    const {
      camera: standard,
      word,
      fake,
    } = await camera(
      (at) => enumeration('AcquisitionMode', at, { SingleFrame: 0, Continuous: 2 }),
      (at) => integer('TLParamsLocked', at),
      (at) => command('AcquisitionStart', at),
      (at) => command('AcquisitionStop', at),
    )
    await standard.acquisitionStart()
    expect([word('AcquisitionMode'), word('TLParamsLocked'), word('AcquisitionStart')]).toEqual([2, 1, 1])
    const written = fake.ran.flatMap((ran) => (ran.kind === 'write-registers' ? ran.writes : []))
    expect(written.at(-1)).toEqual({ address: 0xa008, value: 1 })
    await standard.acquisitionStop()
    expect([word('TLParamsLocked'), word('AcquisitionStop')]).toEqual([0, 1])
  })
})
