import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isPattern, type PatternImage, patternFrameNumber } from 'framewire/simulator'
import { describe, expect, it } from 'vitest'
import { openPath } from '../../ts/frames/file-node.js'
import { parseNpy } from '../interop/npy.js'
import { folder, run, start } from './command.js'
import { simulatedCamera } from './simulated-camera.js'

const SIZE = { width: 52, height: 40 }

/** A simulated camera; answers its address. */
const simulate = (...args: string[]) =>
  simulatedCamera(['--size', `${SIZE.width}x${SIZE.height}`, '--fps', '50', ...args])

/** What `grab --json` prints. */
interface Grab {
  ok: boolean
  interrupted?: boolean
  frames: { blockId: number; capturedAt: string }[]
  losses: object
  error?: { code: string }
}

async function grab(...args: string[]): Promise<Grab> {
  return JSON.parse((await run(['grab', ...args, '--json'])).stdout) as Grab
}

/** The values of a picture as our own reader has them, little-endian. */
async function values(path: string): Promise<Uint8Array> {
  const source = await openPath(path, {})
  const { data, byteOrder } = await source.read(0, 1)
  const isSwapped = byteOrder === 'big' && data.BYTES_PER_ELEMENT === 2
  await source.close()
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  return isSwapped ? Buffer.from(bytes).swap16() : bytes
}

/** The number of the frame that an image of the pattern shows; fails where it is not that frame, byte for byte. */
function numberOf(bytes: Uint8Array, image: PatternImage): number {
  // An image of 12 bits does not hold its number: it is one of the first.
  const numbers =
    image.significantBits === 12 ? Array.from({ length: 5000 }, (_, n) => n) : [patternFrameNumber(bytes)]
  const number = numbers.find((candidate) => isPattern(bytes, image, candidate))
  if (number === undefined) throw new Error('the image is no frame of the pattern')
  return number
}

describe('grab', () => {
  it.each<[string, 8 | 16, number | undefined]>([
    ['Mono8', 8, undefined],
    ['Mono12', 16, 12],
    ['Mono16', 16, undefined],
  ])('writes what the camera sent: %s', async (format, bitsPerPixel, significantBits) => {
    const ip = await simulate('--pixel-format', format)
    const at = folder()
    const image = { ...SIZE, bitsPerPixel, significantBits }
    const out = join(at, 'frames.npy')
    const { ok, frames, losses } = await grab('--camera', ip, '-o', out, '--count', '4')
    expect({ ok, losses }).toEqual({ ok: true, losses: { camera: 0, wire: 0, kernel: 0, app: 0 } })
    expect(frames).toHaveLength(4)
    const array = parseNpy(readFileSync(out))
    expect(array).toMatchObject({
      descr: bitsPerPixel === 8 ? '|u1' : '<u2',
      shape: [4, SIZE.height, SIZE.width],
    })
    const frameBytes = array.bytes.length / 4
    const shown = [0, 1, 2, 3].map((n) =>
      numberOf(array.bytes.subarray(n * frameBytes, (n + 1) * frameBytes), image),
    )
    expect(shown).toEqual([0, 1, 2, 3].map((n) => shown[0]! + n))
    for (const ending of ['png', 'tif']) {
      const picture = join(at, `shot.${ending}`)
      expect(await grab('--camera', ip, '-o', picture)).toMatchObject({ ok: true })
      expect(numberOf(await values(picture), image)).toBeGreaterThan(shown[3]!)
    }
  })

  it('keeps the frames that came where no other comes', async () => {
    const ip = await simulate('--fault', 'muteAfterFrames=3')
    const out = join(folder(), 'frames.npy')
    const told = await grab('--camera', ip, '-o', out, '--count', '10', '--timeout', '1')
    expect(told).toMatchObject({ ok: false, error: { code: 'gige/no-frame' } })
    expect(told.frames.length).toBeGreaterThan(0)
    expect(parseNpy(readFileSync(out)).shape).toEqual([told.frames.length, SIZE.height, SIZE.width])
  })

  it('keeps the frames that came when it is interrupted, and gives the camera back', async () => {
    const ip = await simulate()
    const out = join(folder(), 'frames.npy')
    const running = start(['grab', '--camera', ip, '-o', out, '--count', '100000', '--json'])
    await expect.poll(() => existsSync(out), { timeout: 20_000 }).toBe(true)
    running.child.kill('SIGINT')
    const { code, stdout } = await running.ended
    expect(code).toBe(130)
    const told = JSON.parse(stdout) as Grab
    expect(told).toMatchObject({ ok: false, interrupted: true })
    expect(parseNpy(readFileSync(out)).shape).toEqual([told.frames.length, SIZE.height, SIZE.width])
    const next = join(folder(), 'next.csv')
    expect(await grab('--camera', ip, '-o', next)).toMatchObject({ ok: true })
    expect(readFileSync(next, 'utf8').trim().split('\n')).toHaveLength(SIZE.height)
  })
})
