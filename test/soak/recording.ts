import { linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const HEIGHT = 1038
const WIDTH = 1388
const FRAME_BYTES = HEIGHT * WIDTH
/** Frames of a file: no multiple of a chunk, so that chunks begin within files. */
const FILE_FRAMES = 26
/** Files of different frames; the others are further names of these, so that no recording has to fit on the disk. */
const FILES = 6

/** A recording of generated frames. */
export interface Recording {
  folder: string
  frames: number
  rawBytes: number
}

/**
 * A folder of multi-page TIFF files with `frames` frames of 1038 x 1388 in all: a pattern that moves and noise of sd 4,
 * so that about half of the bytes are left when packed. There are 156 different frames, which come again and again.
 */
export function makeRecording(folder: string, frames: number): Recording {
  mkdirSync(folder)
  const noise = gaussians(FRAME_BYTES + FILES * FILE_FRAMES * 8191, 4)
  const name = (file: number) => join(folder, `part-${String(file).padStart(5, '0')}.tif`)
  const files = Math.ceil(frames / FILE_FRAMES)
  for (let file = 0; file < files; file++) {
    if (file >= FILES && frames - file * FILE_FRAMES >= FILE_FRAMES) {
      linkSync(name(file % FILES), name(file))
      continue
    }
    const pages = Math.min(FILE_FRAMES, frames - file * FILE_FRAMES)
    writeFileSync(
      name(file),
      tiffOf(pages, (page, pixels) => paint((file % FILES) * FILE_FRAMES + page, noise, pixels)),
    )
  }
  return { folder, frames, rawBytes: frames * FRAME_BYTES }
}

/** Frame `k`: bright streaks that move with `k`, and its own part of the noise. */
function paint(k: number, noise: Int8Array, pixels: Uint8Array): void {
  const own = noise.subarray(k * 8191)
  for (let y = 0, i = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++, i++) {
      const streak = (x + 3 * k) % 173 < 12 ? 90 : 0
      pixels[i] = 40 + (y >> 4) + streak + own[i]!
    }
  }
}

/** Values of a normal distribution, rounded; the same at every run. */
function gaussians(count: number, sd: number): Int8Array {
  const values = new Int8Array(count)
  let state = 1
  for (let i = 0; i < count; i++) {
    let sum = 0
    for (let k = 0; k < 4; k++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      sum += state / 2 ** 32
    }
    // Four uniform values: mean 2, variance 1/3.
    values[i] = Math.round((sum - 2) * Math.sqrt(3) * sd)
  }
  return values
}

/** A TIFF of gray 8-bit pages, uncompressed, little-endian: each directory after its pixels. */
function tiffOf(pages: number, paintPage: (page: number, pixels: Uint8Array) => void): Uint8Array {
  const directoryBytes = 2 + 9 * 12 + 4
  const pageBytes = FRAME_BYTES + directoryBytes
  const bytes = new Uint8Array(8 + pages * pageBytes)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 0x002a4949, true)
  view.setUint32(4, 8 + FRAME_BYTES, true)
  for (let page = 0; page < pages; page++) {
    const pixels = 8 + page * pageBytes
    paintPage(page, bytes.subarray(pixels, pixels + FRAME_BYTES))
    const entries: [tag: number, value: number][] = [
      [256, WIDTH],
      [257, HEIGHT],
      [258, 8], // bits
      [259, 1], // uncompressed
      [262, 1], // 0 is black
      [273, pixels], // where the one strip lies
      [277, 1], // channels
      [278, HEIGHT], // rows of the strip
      [279, FRAME_BYTES],
    ]
    let at = pixels + FRAME_BYTES
    view.setUint16(at, entries.length, true)
    at += 2
    for (const [tag, value] of entries) {
      view.setUint16(at, tag, true)
      view.setUint16(at + 2, 4, true) // a 32-bit number
      view.setUint32(at + 4, 1, true)
      view.setUint32(at + 8, value, true)
      at += 12
    }
    view.setUint32(at, page + 1 < pages ? pixels + pageBytes + FRAME_BYTES : 0, true)
  }
  return bytes
}
