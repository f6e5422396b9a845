import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { shimDatagrams } from '../../../ts/datagrams/shim-node.js'
import { ControlChannel } from '../../../ts/gige/capture/control-channel.js'
import { readDescription } from '../../../ts/gige/description.js'
import { Bootstrap, URL_BYTES } from '../../../ts/gige-vision/bootstrap.js'
import { gige } from '../gige-vision/module.js'
import { FakeCamera } from './fake-camera.js'

const XML = Buffer.from('<RegisterDescription/>')
const folder = mkdtempSync(join(tmpdir(), 'framewire-description-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A camera with these URLs, and its XML at 0x20000. */
async function camera(first: string, second = ''): Promise<ControlChannel> {
  const fake = await FakeCamera.open()
  for (const [register, text] of [
    [Bootstrap.firstUrl, first],
    [Bootstrap.secondUrl, second],
  ] as const) {
    const bytes = new Uint8Array(URL_BYTES)
    bytes.set(Buffer.from(text))
    fake.setMemory(register, bytes)
  }
  fake.setMemory(0x20000, XML)
  const place = { address: fake.address, interfaceIp: '127.0.0.1' }
  const channel = await ControlChannel.open(gige.gvcp, shimDatagrams(), place)
  onTestFinished(() => channel.close())
  return channel
}

const hex = (number: number) => number.toString(16)
const LOCAL = `Local:fake.xml;20000;${hex(XML.length)}`

describe("the description of a camera's features", () => {
  it.each([
    ['as the first URL says', LOCAL, ''],
    ['as the second URL says where the first is empty', '', LOCAL],
    ['from the camera even where the first URL is elsewhere', 'http://maker.com/fake.xml', LOCAL],
  ])('is read %s', async (_, first, second) => {
    const { source, bytes } = await readDescription(gige, await camera(first, second), {})
    expect(source).toBe('fake.xml')
    expect(Buffer.from(bytes)).toEqual(XML)
  })

  it('is read from a file in place of the camera', async () => {
    const path = join(folder, 'mine.xml')
    writeFileSync(path, 'mine')
    const found = await readDescription(gige, await camera(LOCAL), { descriptionFile: path })
    expect(found).toEqual({ source: path, bytes: Buffer.from('mine') })
  })

  it.each([
    ['on the web', 'http://maker.com/fake.xml', {}, 'http://maker.com/fake.xml'],
    ['on a disk', 'File:fake.xml', {}, 'fake.xml'],
    ['nowhere', '', {}, 'the camera'],
    ['of 4 GB', 'Local:fake.xml;0;ffffffff', {}, 'fake.xml'],
    ['of nothing', 'Local:fake.xml;20000;0', {}, 'fake.xml'],
    ['beyond the last address', 'Local:fake.xml;ffffff00;1000', {}, 'fake.xml'],
    ['in a file that is not there', LOCAL, { descriptionFile: join(folder, 'none') }, join(folder, 'none')],
  ])('that lies %s is refused', async (_, url, options, source) => {
    await expect(readDescription(gige, await camera(url), options)).rejects.toMatchObject({
      code: 'genicam/description',
      details: { source },
    })
  })
})
