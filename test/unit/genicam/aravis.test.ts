import { afterAll, beforeAll, expect, it } from 'vitest'
import { nodeDatagrams } from '../../../ts/datagrams/open-node.js'
import type { Features } from '../../../ts/genicam/features.js'
import { loadFeatures } from '../../../ts/genicam/load.js'
import { ControlChannel } from '../../../ts/gige/capture/control-channel.js'
import { readDescription } from '../../../ts/gige/description.js'
import { loadGigeVision } from '../../../ts/gige-vision/load.js'
import { type Link, layLink } from '../../gige/network.js'
import { aravisCamera } from '../../gige/peers/peers.js'
import { describeWithPeers } from '../../gige/suite.js'
import { WASM_URL } from './camera.js'

const GIGE_WASM_URL = new URL('../../../crates/gige-wasm/pkg/gige_wasm_bg.wasm', import.meta.url).href
/** The bootstrap register that says who controls a camera. */
const CCP = 0x0a00
const EXCLUSIVE = 2

/** A line of arv-tool: a feature with its access, and its value if it has one. */
const LINE = /^\s+\w+\s*: \[(\w\w)\] '(\w+)'(?: = (.*))?$/

describeWithPeers('features of the fake camera of aravis', ['arv-fake-gv-camera-0.8', 'arv-tool-0.8'], () => {
  let link: Link
  let channel: ControlChannel
  let features: Features
  beforeAll(async () => {
    link = await layLink()
    await aravisCamera(link, { serial: 'FEATURES1' })
    const gige = await loadGigeVision(GIGE_WASM_URL)
    const place = { address: link.there, interfaceIp: link.here }
    channel = await ControlChannel.open(gige.gvcp, nodeDatagrams(), place)
    const { bytes, source } = await readDescription(gige, channel, {})
    features = await loadFeatures({ xml: bytes, registers: channel, source, wasmUrl: WASM_URL })
  })
  afterAll(async () => {
    await channel?.close()
    await link?.close()
  })

  /** What arv-tool says; while it runs, nobody else may control the camera. */
  async function arvTool(...args: string[]): Promise<readonly string[]> {
    const tool = link.run('here', 'arv-tool-0.8', ['-a', link.there, ...args])
    expect(await tool.ended()).toBe(0)
    return tool.lines
  }

  async function inControl(work: () => Promise<void>): Promise<void> {
    await channel.writeRegister(CCP, EXCLUSIVE)
    try {
      await work()
    } finally {
      await channel.writeRegister(CCP, 0)
    }
  }

  it('are the same that arv-tool lists, in its order, with the same access and values', async () => {
    const theirs = (await arvTool('values')).flatMap((line) => {
      const [, access, name, value] = LINE.exec(line) ?? []
      return name === undefined ? [] : [{ name, access, value: value?.replace(/^'(.*)'$/, '$1') }]
    })
    expect(theirs.length).toBeGreaterThan(20)
    const ours = []
    for (const { name, access, type } of await features.list()) {
      if (type === 'category') continue
      ours.push({ name, access, value: type === 'command' ? undefined : String(await features.get(name)) })
    }
    expect(ours).toEqual(theirs)
    expect(features.described.skipped).toEqual([])
  })

  it('have the limits that arv-tool tells', async () => {
    const names = ['Width', 'ExposureTimeAbs', 'AcquisitionFrameRate', 'GainRaw']
    const theirs = (await arvTool('control', ...names)).map(
      (line) => /^(\w+) = .* min:(.*) max:(.*)$/.exec(line)!,
    )
    expect(theirs).toHaveLength(names.length)
    for (const [, name, min, max] of theirs) {
      expect(await features.info(name!)).toMatchObject({ min: Number(min), max: Number(max) })
    }
  })

  it('are set: arv-tool reads what we set, and the other way round', async () => {
    const values = {
      Width: 320,
      Height: 200,
      PixelFormat: 'Mono16',
      ExposureTimeAbs: 2500,
      TriggerMode: 'On',
    }
    await inControl(async () => {
      for (const [name, value] of Object.entries(values)) expect(await features.set(name, value)).toBe(value)
    })
    expect(await features.get('PayloadSize')).toBe(320 * 200 * 2)
    const theirs = await arvTool('control', ...Object.keys(values))
    expect(theirs.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual(
      Object.entries(values).map(([name, value]) => `${name} = ${value}`),
    )
    await arvTool('control', 'Width=128', 'PixelFormat=Mono8')
    await features.forget()
    expect(await features.get('Width')).toBe(128)
    expect(await features.get('PayloadSize')).toBe(128 * 200)
  })

  it('are refused out of their range', async () => {
    await expect(features.set('Width', 4096)).rejects.toMatchObject({
      code: 'genicam/value',
      details: { expected: 'a whole number from 1 to 2048' },
    })
  })
})
