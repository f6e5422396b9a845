import { arraySource } from './array-source.js'
import { parseDtype, unsupportedDtype } from './dtype.js'
import { damaged, truncated, unsupported } from './file-error.js'
import { type PythonLiteral, parsePythonLiteral } from './python-literal.js'
import { refuseRest } from './raw.js'
import type { ByteSource, FrameSource } from './source.js'

/** Longest header that is read; numpy itself refuses headers over 10,000 bytes. */
const MAX_HEADER_BYTES = 2 ** 16

/** What the header of a .npy file says. */
export interface NpyHeader {
  /** Numpy's code of the type (`<u2`). */
  descr: string
  order: 'C' | 'F'
  shape: number[]
  /** Bytes before the first value. */
  offset: number
}

/**
 * Open a .npy file, format 1, 2 or 3, of uint8 or uint16 in either byte order and either axis order:
 * `(H, W)`, `(N, H, W)`, or in colour `(N, H, W, 3 | 4)`. The header is read now, frames when asked for.
 *
 * Throws `frames/file-format`, `frames/file-truncated`, `frames/file-unsupported` (a later format), `frames/dtype`
 * (object arrays too: nothing is ever unpickled), `frames/rank`, `frames/empty`, `frames/file-too-large`.
 */
export async function openNpy(bytes: ByteSource): Promise<FrameSource> {
  const { descr, order, shape, offset } = await readNpyHeader(bytes)
  const type = parseDtype(descr, bytes.name)
  const source = arraySource(bytes, { offset, shape, type, order })
  refuseRest(bytes, offset + shape.reduce((product, length) => product * length, type.itemBytes))
  return source
}

/** Read the header of a .npy file. Throws as {@link openNpy}. */
export async function readNpyHeader(bytes: ByteSource): Promise<NpyHeader> {
  const { name } = bytes
  const start = await readAtStart(bytes, 12)
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
  if (magic.some((byte, i) => start[i] !== byte)) {
    throw damaged(name, 'is no .npy file: it does not start with \\x93NUMPY.', { offset: 0 })
  }
  const major = start[6]!
  if (major < 1 || major > 3) {
    throw unsupported(
      name,
      `is of .npy format ${major}; formats 1 to 3 are read. Save it with numpy's \`np.save\`.`,
    )
  }
  const view = new DataView(start.buffer, start.byteOffset)
  const lengthBytes = major === 1 ? 2 : 4
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  const offset = 8 + lengthBytes + length
  if (length > MAX_HEADER_BYTES) throw damaged(name, `claims a header of ${length} bytes.`, { offset: 8 })
  const text = (await readAtStart(bytes, offset)).subarray(8 + lengthBytes)
  const header = new TextDecoder(major === 3 ? 'utf-8' : 'latin1').decode(text)
  try {
    return { ...readFields(parsePythonLiteral(header), name), offset }
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw damaged(name, `has a header that cannot be read (${cause.message}).`, { offset: 8, cause })
  }
}

function readFields(header: PythonLiteral, name: string): Omit<NpyHeader, 'offset'> {
  if (!(header instanceof Map)) throw new SyntaxError('not a dict')
  const descr = header.get('descr')
  const fortran = header.get('fortran_order')
  const shape = header.get('shape')
  if (Array.isArray(descr)) throw unsupportedDtype('structured', name)
  if (typeof descr !== 'string') throw new SyntaxError('no descr')
  if (typeof fortran !== 'boolean') throw new SyntaxError('no fortran_order')
  if (!Array.isArray(shape) || !shape.every((length) => typeof length === 'number')) {
    throw new SyntaxError('no shape')
  }
  return { descr, order: fortran ? 'F' : 'C', shape }
}

async function readAtStart(bytes: ByteSource, length: number): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes.size < length) throw truncated(bytes.name, length, bytes.size)
  return bytes.read(0, length)
}
