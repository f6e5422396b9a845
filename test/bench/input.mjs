import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { root } from '../../setup/step.mjs'

const RECORDING = join(root, 'test/fixtures/growth/sb-deposition-26x320x448-u8.npy')
/** Frame size of the instrument that the recording is a crop of. */
const HEIGHT = 1038
const WIDTH = 1388

/**
 * The frames that every peer packs, as files of raw pixels in `folder`: the movie, and a noisy copy of it.
 * Without a movie of one's own (`.npy`, uint8, `(N, H, W)`) the small recording is tiled to the instrument's size.
 */
export function makeInputs(folder, movieFile) {
  const recording = readNpy(movieFile ?? RECORDING)
  const movie = movieFile ? recording : tiled(recording)
  const note = movieFile
    ? basename(movieFile)
    : `${basename(RECORDING)}, tiled to ${HEIGHT} x ${WIDTH} (FRAMEWIRE_MOVIE or --movie names a full-size one)`
  const { frames, height, width } = movie
  const write = (name, title, data) => {
    const file = join(folder, `${name}.raw`)
    writeFileSync(file, data)
    return { name, title, file, frames, height, width }
  }
  return {
    note,
    inputs: [
      write('movie', 'the movie', movie.data),
      write('noisy', 'the movie with noise of sd 4', noisy(movie.data, 4)),
    ],
  }
}

function readNpy(path) {
  const file = readFileSync(path)
  const end = 10 + file.readUInt16LE(8)
  const header = file.toString('latin1', 10, end)
  const shape = /'shape': \((\d+), (\d+), (\d+)\)/.exec(header)?.slice(1).map(Number)
  if (file[6] !== 1 || !shape || !/'descr': '\|u1', 'fortran_order': False/.test(header)) {
    throw new Error(`${path} is no .npy file of uint8 frames (N, H, W) in C order`)
  }
  const [frames, height, width] = shape
  return { frames, height, width, data: file.subarray(end) }
}

/**
 * The instrument's frame size of mirrored tiles. Neighbours are different frames of the recording: a tile that simply
 * repeated would be a match for the compressor, as no real frame is.
 */
function tiled({ frames, height, width, data }) {
  const out = new Uint8Array(frames * HEIGHT * WIDTH)
  for (let k = 0; k < frames; k++) {
    for (let y = 0; y < HEIGHT; y++) {
      const row = Math.floor(y / height)
      const fromY = row % 2 === 0 ? y % height : height - 1 - (y % height)
      for (let x = 0; x < WIDTH; x += width) {
        const column = Math.floor(x / width)
        const from = (((k + 7 * row + 3 * column) % frames) * height + fromY) * width
        const tile = data.subarray(from, from + Math.min(width, WIDTH - x))
        out.set(tile, (k * HEIGHT + y) * WIDTH + x)
      }
    }
  }
  return { frames, height: HEIGHT, width: WIDTH, data: out }
}

/** Gaussian noise added, rounded and clipped; the same for the same input. */
function noisy(pixels, sd) {
  const out = new Uint8ClampedArray(pixels.length)
  const random = mulberry32(1)
  for (let i = 0; i < pixels.length; i += 2) {
    // Box-Muller: two values of a normal distribution from two of a uniform one.
    const radius = sd * Math.sqrt(-2 * Math.log(1 - random()))
    const angle = 2 * Math.PI * random()
    // A clamped array rounds and clips what is put into it.
    out[i] = pixels[i] + radius * Math.cos(angle)
    if (i + 1 < out.length) out[i + 1] = pixels[i + 1] + radius * Math.sin(angle)
  }
  return out
}

function mulberry32(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
