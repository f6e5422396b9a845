import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { telopsFrame, telopsValues } from '../../ts/simulator/telops/formula.js'
import { readWithZarrita } from '../interop/zarrita.js'
import { opened, record, simulated } from './simulated.js'

const FRAMES = 100
const SIZE: [width: number, height: number] = [64, 64]
const PIXELS = SIZE[0] * SIZE[1]
const FIRST = 2
/** One pass through a network that loses packets, whatever is missing then. */
const LOSSY = { packetSize: 1500, resend: false, retries: 0, maxDroppedFrames: FRAMES }

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'framewire-zarr-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

async function recordedCamera(loss: number) {
  const simulator = await simulated({ ringDeadMs: 0, faults: { loss }, seed: 8 })
  const camera = await opened(simulator)
  await record(camera, { frames: FRAMES, resolution: SIZE })
  return camera
}

const attributes = (path: string) => JSON.parse(readFileSync(join(path, 'zarr.json'), 'utf8')).attributes

it.each([
  [true, 'degC', Number.NaN, telopsValues],
  [false, 'counts', 0, telopsFrame],
] as const)(
  'a .zarr says what its frames are, and marks what is missing (convert: %s)',
  async (convert, units, mark, shown) => {
    const camera = await recordedCamera(0.3)
    const path = join(folder(), 'frames.zarr')
    const { nIncomplete, incompleteFrames, incompleteFrameIds } = await camera.bufferDownloadTo(path, {
      ...LOSSY,
      convert,
      first: FIRST,
    })
    expect(nIncomplete).toBeGreaterThan(0)
    expect(incompleteFrameIds).toEqual(incompleteFrames.map((frame) => 1 + FIRST + frame))
    const { serialNumber, model } = camera.identity
    const about = {
      serialNumber,
      model,
      sequence: 0,
      firstFrameId: 1 + FIRST,
      exposureUs: await camera.integrationTime(),
      frameRateHz: await camera.frameRate(),
      calibrationMode: await camera.calibrationMode(),
    }
    expect(attributes(path)).toEqual({ ...about, incompleteFrames })
    expect(attributes(join(path, 'frames'))).toEqual({ units })
    const { shape, data } = await readWithZarrita(path, 'frames')
    expect(shape).toEqual([FRAMES - FIRST, SIZE[1], SIZE[0]])
    const differing: number[] = []
    for (let frame = 0; frame < FRAMES - FIRST; frame++) {
      const right = shown(1 + FIRST + frame, ...SIZE)
      const gone = [...right.keys()].filter((at) => !Object.is(data[frame * PIXELS + at], right[at]))
      expect(gone.every((at) => Object.is(data[frame * PIXELS + at], mark))).toBe(true)
      if (gone.length > 0) differing.push(frame)
    }
    expect(differing).toEqual(incompleteFrames)
    expect(await camera.bufferDownloadTo(path, { convert, first: FIRST, resume: true })).toMatchObject({
      nFrames: FRAMES - FIRST,
      incompleteFrames: [],
    })
    expect(attributes(path)).toEqual({ ...about, incompleteFrames: [] })
  },
)
