import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Status } from '../../../ts/gige-vision/bootstrap.js'
import { calibrationFile, exposureTable } from '../../../ts/telops/calibration/calibration-files.js'
import { TelopsImaging } from '../../../ts/telops/imaging.js'
import type { TelopsWarning } from '../../../ts/telops/warnings.js'
import { FakeRegisters } from './fake-registers.js'

/** Collections of the camera by when they were made, and what the folder says of them. */
const POSIX = [1_600_000_001, 1_600_000_002, 1_600_000_003, 1_600_000_004]

const FILES = {
  'TEL08050_1600000001_EL08887_MF08888_FW0_IM0_SWD0.tsco': '',
  'TEL08050_EL08887_MF08888_FW1_IM0_SWD0_1600000002.tsco': '',
  'TEL08050_1600000003_EL07000_MF08888_FW2_IM0_SWD1.tsco': '',
  'readme.txt': 'nothing',
  'estimated_ExposureTimes/ELSN08887_FW1.txt':
    'lens "MW 50mm", filter wheel position #1\nTemperature;Exposure\n0;100,5\n50;50\n100;20\n',
  'estimated_ExposureTimes/ELSN08887_FW2.txt':
    'Exposure times for lens "MW 50mm" and filter wheel position #2\r\n20,5;90\r\n60;30\r\n',
  'estimated_ExposureTimes/ELSN07000_FW3.txt':
    'lens "Microscope 1x" filter wheel position #3\n-10;1\n300;2\n',
  'estimated_ExposureTimes/ELSN07000_FW4.txt': 'no header\n1;2\n',
}

async function folder(files: Record<string, string>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'framewire-calibration-'))
  onTestFinished(() => rm(path, { recursive: true }))
  await mkdir(join(path, 'estimated_ExposureTimes'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text)
  return path
}

function calibrated() {
  const fake = new FakeRegisters()
  const camera = new TelopsImaging(fake, fake.clock)
  const warnings: TelopsWarning[] = []
  camera.addEventListener('warning', (event) => warnings.push((event as CustomEvent).detail))
  fake.set('CalCollectionCount', POSIX.length)
  fake.set('CalBlockCount', 2)
  fake.set('CalActivePosix', POSIX[0]!)
  fake.reads('CalCollectionPosix', () => POSIX[fake.get('CalCollectionSelector')]!)
  return { fake, camera, warnings }
}

/** A camera that loads a collection within 2.5 s; until then its blocks cannot be, with a generic error. */
function loads(fake: FakeRegisters) {
  let loaded: number | undefined
  fake.writes('CalCollectionLoad', () => {
    loaded = POSIX[fake.get('CalCollectionSelector')]
    fake.refuse('CalBlockLoad', Status.error, 1)
    return undefined
  })
  fake.writes('CalBlockLoad', () => {
    fake.clock.after(700, () => fake.set('CalActivePosix', loaded!))
    return undefined
  })
}

describe('calibration files', () => {
  it('tell by their names, in either form', () => {
    const facts = { posix: 1_600_000_001, element: 'EL08887', filter: 'MF08888', filterWheel: 3 }
    expect(calibrationFile('TEL08050_1600000001_EL08887_MF08888_FW3_IM0_SWD1.tsco')).toMatchObject(facts)
    expect(calibrationFile('TEL08050_EL08887_MF08888_FW3_IM0_SWD1_1600000001.tsco')).toMatchObject(facts)
    for (const other of [
      '',
      'x.tsco',
      'TEL08050_EL08887_MF08888_FW3_IM0_SWD1.tsco',
      'TEL1_1_EL1_MF1_FW1_IM1_SWD1.txt',
    ]) {
      expect(calibrationFile(other)).toBeUndefined()
    }
  })

  it('have tables of exposure times, whose filter wheel counts from 1', () => {
    const name = 'ELSN08887_FW1.txt'
    expect(exposureTable(name, FILES['estimated_ExposureTimes/ELSN08887_FW1.txt'])).toEqual({
      element: 'EL08887',
      filterWheel: 0,
      lens: 'MW 50mm',
      temperatureRangeC: [0, 100],
    })
    expect(exposureTable('x.txt', 'lens "a" filter wheel position #1')).toBeUndefined()
    expect(exposureTable(name, 'lens "a" filter wheel position #1')).toMatchObject({
      temperatureRangeC: undefined,
    })
  })

  it('can be anything without harm', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, text) => {
        calibrationFile(name)
        exposureTable(name, `lens "x" filter wheel position #1\n${text}`)
        exposureTable(`EL1${name}`, text)
      }),
    )
  })

  it('that are not there are told', async () => {
    const { camera } = calibrated()
    const path = join(await folder({}), 'nowhere')
    await expect(camera.loadCalibrationInfo(path)).rejects.toMatchObject({
      code: 'telops/calibration-files',
      details: { path },
    })
  })
})

describe('calibrations', () => {
  it('are listed with what the folder tells, and with names of one own', async () => {
    const { camera } = calibrated()
    camera.calibrationNames.set(3, 'old one')
    const files = await camera.loadCalibrationInfo(await folder(FILES))
    expect(files.map(({ posix }) => posix).sort()).toEqual(POSIX.slice(0, 3))
    const facts = { type: 'TELOPS_FIXED', blocks: 2 }
    expect(await camera.calibrationCollections()).toEqual([
      { ...facts, index: 0, posix: POSIX[0], lens: 'MW 50mm', filterWheel: 0, temperatureRangeC: [0, 100] },
      { ...facts, index: 1, posix: POSIX[1], lens: 'MW 50mm', filterWheel: 1, temperatureRangeC: [20.5, 60] },
      {
        ...facts,
        index: 2,
        posix: POSIX[2],
        lens: 'Microscope 1x',
        filterWheel: 2,
        temperatureRangeC: [-10, 300],
      },
      { ...facts, index: 3, posix: POSIX[3], name: 'old one' },
    ])
    expect(await camera.calibrationActive()).toEqual({
      index: 0,
      collectionPosix: POSIX[0],
      blockPosix: 0,
      type: 'TELOPS_FIXED',
      lens: 'MW 50mm',
      filterWheel: 0,
      temperatureRangeC: [0, 100],
    })
  })

  it('are loaded by index, and then are the active ones', async () => {
    const { fake, camera, warnings } = calibrated()
    loads(fake)
    expect(await fake.pass(camera.calibrationLoad({ index: 2 }))).toEqual({ index: 2, posix: POSIX[2] })
    expect(fake.log.filter((line) => line.includes('Load') || line.includes('BlockSelector'))).toEqual([
      'CalCollectionLoad = 1',
      'CalBlockSelector = 0',
      'CalBlockLoad = 1',
      'CalBlockLoad = 1',
    ])
    expect(fake.get('CalCollectionSelector')).toBe(2)
    expect((await camera.calibrationActive()).index).toBe(2)
    expect(warnings).toEqual([])
    fake.taken()
    await fake.pass(camera.calibrationLoad({ index: 2 }))
    expect(fake.log.filter((line) => line.includes('Load'))).toEqual([])
  })

  it('are chosen by lens and temperature: the narrowest range that holds it', async () => {
    const { fake, camera } = calibrated()
    loads(fake)
    await camera.loadCalibrationInfo(await folder(FILES))
    const chosen = async (lens: string, temperatureC?: number) =>
      (await fake.pass(camera.calibrationLoad({ lens, temperatureC }))).index
    expect(await chosen('50MM', 25)).toBe(1)
    expect(await chosen('50mm', 10)).toBe(0)
    expect(await chosen('microscope', 300)).toBe(2)
    expect(await chosen('50mm')).toBe(1)
    await expect(camera.calibrationLoad({ lens: '50mm', temperatureC: 101 })).rejects.toMatchObject({
      code: 'telops/calibration',
      message: expect.stringContaining('0 to 100; 20.5 to 60'),
    })
    await expect(camera.calibrationLoad({ lens: '100mm' })).rejects.toMatchObject({
      message: expect.stringContaining('MW 50mm; Microscope 1x'),
    })
  })

  it('that are not there load nothing', async () => {
    const { fake, camera } = calibrated()
    await expect(camera.calibrationLoad({ index: 4 })).rejects.toMatchObject({ code: 'telops/option' })
    await expect(camera.calibrationLoad({ index: -1 })).rejects.toMatchObject({ code: 'telops/option' })
    await expect(camera.calibrationLoad({} as never)).rejects.toMatchObject({ code: 'telops/option' })
    await expect(camera.calibrationLoad({ lens: '50mm' })).rejects.toMatchObject({
      message: expect.stringContaining('loadCalibrationInfo'),
    })
    expect(fake.log.filter((line) => line.includes('Load'))).toEqual([])
  })

  it('that do not show as active are told', async () => {
    const { fake, camera, warnings } = calibrated()
    await fake.pass(camera.calibrationLoad({ index: 1 }))
    expect(warnings).toMatchObject([{ code: 'FRAMEWIRE_TELOPS_CALIBRATION' }])
  })

  it('of no kind that is known have its number; none active is told', async () => {
    const { fake, camera } = calibrated()
    fake.set('CalActiveType', 9)
    fake.set('CalActivePosix', 0)
    expect(await camera.calibrationActive()).toEqual({
      index: undefined,
      collectionPosix: 0,
      blockPosix: 0,
      type: 9,
    })
  })
})
