import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { hasCode } from '../../../../ts/errors.js'
import { npyHeader } from '../../../../ts/frames/npy-header.js'
import { Status } from '../../../../ts/gige-vision/bootstrap.js'
import { Downloads } from '../../../../ts/telops/download/downloads.js'
import type { FileDownloadOptions } from '../../../../ts/telops/download/options.js'
import { DiskCrashed, ForgetfulDisk } from '../../../disk/forgetful-disk.js'
import { gige } from '../../gige-vision/module.js'
import { FakeDownloadCamera } from './fake-download-camera.js'
import { FakeSource, FIRST_ID, HEIGHT, type SourceFaults, values, WIDTH } from './fake-source.js'

const [RECORDED, FIRST, COUNT] = [20, 3, 14]
const PATH = '/frames.npy'
const OPTIONS = { first: FIRST, count: COUNT, packetSize: 1500, bitrateMbps: 700 }
const PERIOD_MS = 2000

function downloads(disk: ForgetfulDisk, faults: Partial<SourceFaults> = {}, room?: number) {
  const source = new FakeSource(RECORDED, faults)
  const camera = new FakeDownloadCamera(source, RECORDED)
  const of = new Downloads({
    camera,
    serialNumber: '042',
    model: 'FAST M200',
    disk,
    roomFor: async () => room,
    scratch: '/',
    mtu: undefined,
    frames: async () => gige.telops,
  })
  return {
    camera,
    source,
    to: (options: FileDownloadOptions = {}) => of.toFile(PATH, { ...OPTIONS, ...options }),
  }
}

function wholeFile(): Uint8Array {
  const all = Array.from({ length: COUNT }, (_, at) => new Uint8Array(values(FIRST_ID + FIRST + at).buffer))
  return Buffer.concat([npyHeader('<f4', [COUNT, HEIGHT, WIDTH]), ...all])
}

const names = async (disk: ForgetfulDisk) => (await disk.list('/')).map(({ name }) => name)

async function expectWhole(disk: ForgetfulDisk): Promise<void> {
  expect(Buffer.compare(await disk.read(PATH), wholeFile())).toBe(0)
  expect(await names(disk)).toEqual(['frames.npy'])
}

/** Time passes with every third operation of the disk: what came is put on disk now and then. */
function inTime(disk: ForgetfulDisk): ForgetfulDisk {
  let operations = 0
  return disk.watch(() => {
    if (++operations % 3 === 0) vi.advanceTimersByTime(PERIOD_MS)
  })
}

/** How many operations a whole download takes. */
async function operations(): Promise<number> {
  const disk = inTime(new ForgetfulDisk())
  const { sessions } = await downloads(disk).to()
  expect(sessions).toBe(1)
  await expectWhole(disk)
  return disk.operations
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a download into a file', () => {
  it('goes on bit-identical wherever the power failed, or the process was killed', async () => {
    const all = await operations()
    let spared = 0
    for (let at = 0; at < all; at++) {
      const disk = inTime(new ForgetfulDisk().crashAt(at))
      const error = await downloads(disk)
        .to()
        .then(
          () => undefined,
          (reason: unknown) => reason,
        )
      expect(error).toBeInstanceOf(DiskCrashed)
      for (const after of [disk.afterCrash(), disk.afterCrash({ seed: at }), disk.afterKill()]) {
        const again = await downloads(inTime(after))
          .to({ resume: true })
          .catch((reason: unknown) => reason)
        if (hasCode(again, 'telops/resume')) {
          // It was whole, and its record gone.
          expect(again.details.reason).toBe('no record lies beside it')
        } else spared += (again as { nBefore: number }).nBefore
        await expectWhole(after)
      }
    }
    expect(spared).toBeGreaterThan(all)
  })

  it.each([{}, { seed: 9, packetLoss: 0.05 }])(
    'says that the disk is full, puts registers back, and goes on when there is room: %j',
    async (faults) => {
      const all = await operations()
      for (let at = 0; at < all; at++) {
        const disk = inTime(new ForgetfulDisk().fullAt(at))
        const { camera, to } = downloads(disk, faults)
        const before = await camera.touched()
        const error = await to().catch((reason: unknown) => reason)
        expect(await camera.touched()).toEqual(before)
        if (hasCode(error, 'telops/write')) {
          expect(error.details.reason).toBe('ENOSPC')
          expect(error.message).toContain('the disk is full')
          expect(error.message).toContain('resume')
          // What comes in part waits in a folder of its own.
          expect(error.details.path).toMatch(/^\/(frames\.npy|framewire-.*\.spool)$/)
          expect(error.message.startsWith(`${error.details.path}: `)).toBe(true)
          disk.fullAt(Number.POSITIVE_INFINITY)
          await to({ resume: true })
        } else expect(error).toMatchObject({ nIncomplete: 0 })
        await expectWhole(disk)
      }
    },
  )

  it('says what the disk refuses, and goes on, whichever call it is', async () => {
    const all = await operations()
    for (let at = 0; at < all; at++) {
      const disk = inTime(new ForgetfulDisk().failAt(at))
      const { camera, to } = downloads(disk)
      const before = await camera.touched()
      const error = await to().catch((reason: unknown) => reason)
      expect(await camera.touched()).toEqual(before)
      if (hasCode(error, 'telops/write')) {
        expect(error.details.reason).toBe('EIO')
        await to({ resume: true })
      } else expect(error).toMatchObject({ nIncomplete: 0 })
      await expectWhole(disk)
    }
  })

  it('goes on behind an integrity error with what is missing alone, and needs no camera for what is whole', async () => {
    const disk = new ForgetfulDisk()
    const lossy = downloads(disk, { seed: 4, packetLoss: 0.05 })
    const error: unknown = await lossy.to({ retries: 0 }).catch((reason: unknown) => reason)
    if (!hasCode(error, 'telops/frame-integrity')) throw error
    const { nIncomplete } = error.details
    expect(nIncomplete).toBeGreaterThan(0)
    const statistics = await downloads(disk).to({ resume: true })
    expect(statistics).toMatchObject({ nFrames: COUNT, nIncomplete: 0, nBefore: COUNT - nIncomplete })
    expect(statistics.values?.frames).toBe(COUNT)
    await expectWhole(disk)
  })

  it('is on disk for good when it is over', async () => {
    const disk = new ForgetfulDisk()
    await downloads(disk).to()
    expect(Buffer.compare(await disk.afterCrash().read(PATH), wholeFile())).toBe(0)
  })

  it('is not begun on a disk that has no room for it, and leaves nothing behind', async () => {
    const bytes = COUNT * HEIGHT * WIDTH * 4
    const disk = new ForgetfulDisk()
    const { to } = downloads(disk, {}, bytes - 1)
    await expect(to()).rejects.toMatchObject({
      code: 'telops/write',
      message: expect.stringContaining(`the ${COUNT} frames take`),
      details: { path: PATH, reason: 'ENOSPC' },
    })
    expect(await names(disk)).toEqual([])
    await downloads(disk, {}, bytes).to()
    await expectWhole(disk)
  })

  it('ends with what failed first, whatever cannot be put back then', async () => {
    const disk = new ForgetfulDisk()
    const { camera, to } = downloads(disk)
    disk.watch(() => {
      if (disk.operations < 8) return
      disk.fullAt(0)
      camera.map.refuse('MemoryBufferDownloadMode', Status.writeProtect)
    })
    await expect(to()).rejects.toMatchObject({
      code: 'telops/write',
      details: { path: PATH, reason: 'ENOSPC' },
    })
    disk.watch(() => {}).fullAt(Number.POSITIVE_INFINITY)
    await downloads(disk).to({ resume: true })
    await expectWhole(disk)
  })

  it('does not touch a file that is there, with or without resume', async () => {
    const disk = new ForgetfulDisk()
    await downloads(disk).to()
    const { camera, to } = downloads(disk)
    camera.map.taken()
    await expect(to()).rejects.toMatchObject({
      code: 'telops/resume',
      details: { reason: 'it exists already' },
    })
    await expect(to({ resume: true })).rejects.toMatchObject({
      code: 'telops/resume',
      details: { reason: 'no record lies beside it' },
    })
    expect(camera.settings).toEqual([])
    await expectWhole(disk)
  })

  it('does not go on with frames of another recording, other frames, or other values', async () => {
    const disk = new ForgetfulDisk()
    await downloads(disk, { seed: 4, packetLoss: 0.05 })
      .to({ retries: 0 })
      .catch(() => {})
    const record = await disk.read(`${PATH}.download`)
    const other = downloads(disk)
    for (const [options, reason] of [
      [{ first: FIRST + 1 }, 'run 3,17 (asked for: 4,18)'],
      [{ count: COUNT - 1 }, 'run 3,17 (asked for: 3,16)'],
      [{ convert: false }, 'convert true (asked for: false)'],
    ] as const) {
      await expect(other.to({ ...options, resume: true })).rejects.toMatchObject({
        code: 'telops/resume',
        details: { path: PATH, reason },
      })
    }
    other.camera.map.set('MemoryBufferSequenceMOIFrameID', FIRST_ID + 9)
    await expect(other.to({ resume: true })).rejects.toMatchObject({ code: 'telops/resume' })
    expect(await disk.read(`${PATH}.download`)).toEqual(record)
    await downloads(disk).to({ resume: true })
    await expectWhole(disk)
  })

  it('does not mix in a recording that took the place of the one before under the same numbers', async () => {
    const disk = new ForgetfulDisk()
    await downloads(disk, { seed: 4, packetLoss: 0.05 })
      .to({ retries: 0 })
      .catch(() => {})
    const there = [await disk.read(PATH), await disk.read(`${PATH}.download`)]
    const later = downloads(disk)
    later.source.began += 1n
    await expect(later.to({ resume: true })).rejects.toMatchObject({
      code: 'telops/resume',
      details: { reason: expect.stringContaining('was taken at') },
    })
    expect([await disk.read(PATH), await disk.read(`${PATH}.download`)]).toEqual(there)
    await downloads(disk).to({ resume: true })
    await expectWhole(disk)
  })

  it('begins anew where the record is damaged and no file is there', async () => {
    const disk = new ForgetfulDisk()
    const file = await disk.create(`${PATH}.download`)
    await file.write(new TextEncoder().encode('{"framewire":"download","version":'), 0)
    await downloads(disk).to({ resume: true })
    await expectWhole(disk)
  })
})
