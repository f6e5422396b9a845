import { FramewireError } from '../errors.js'

/** What to do about a pixel type that cannot be streamed, by the first letter of its numpy name or code. */
const remedies: Readonly<Record<string, string>> = {
  f: 'Scale it to integers where the meaning of its values is known: numpy `((a - lo) * (255 / (hi - lo))).clip(0, 255).astype("uint8")`, with one `lo` and `hi` for the whole recording.',
  i: 'If no value is negative, cast it: numpy `a.astype("uint16")` (or "uint8"); a typed array of non-negative Int16 can be viewed as `new Uint16Array(a.buffer, a.byteOffset, a.length)`.',
  u: 'Cast it to 16 bit once its values fit: numpy `a.astype("uint16")`.',
  b: 'Make it 0 and 255: numpy `a.astype("uint8") * 255`.',
  O: 'It holds Python objects, not pixels, and is never unpickled. Stack the frames into one array first: numpy `np.stack(frames)`.',
}

/**
 * The error `frames/dtype` for a pixel type other than uint8 and uint16, with the way out.
 * @param dtype numpy's name (`float32`) or array-protocol code (`<f4`), or the name of a JavaScript type
 * @param subject what has this type, for the message: a file's name, 'the stack'
 */
export function unsupportedDtype(dtype: string, subject: string): FramewireError<'frames/dtype'> {
  const kind = /^[<>|=]?([a-zA-Z])/.exec(dtype)?.[1] ?? ''
  const remedy = remedies[kind] ?? 'Give a Uint8Array or a Uint16Array.'
  return new FramewireError(
    'frames/dtype',
    `${subject} has pixels of type ${dtype}; only uint8 and uint16 can be streamed. ${remedy}`,
    { dtype },
  )
}

/** A pixel type that can be streamed, as a file holds it. */
export interface PixelType {
  dtype: 'uint8' | 'uint16'
  /** Bytes of one value. */
  itemBytes: 1 | 2
  byteOrder: 'little' | 'big'
}

/**
 * Read numpy's code of a pixel type: `|u1`, `<u2`, `>u2`, or by name `uint8`, `uint16` (little-endian).
 * Throws `frames/dtype`.
 */
export function parseDtype(code: string, subject: string): PixelType {
  const match = /^(?:([<>|=]?)u([12])|uint(8|16))$/.exec(code)
  if (!match) throw unsupportedDtype(code, subject)
  const itemBytes = match[2] === '1' || match[3] === '8' ? 1 : 2
  const byteOrder = match[1] === '>' ? 'big' : 'little'
  return { dtype: itemBytes === 1 ? 'uint8' : 'uint16', itemBytes, byteOrder }
}

/** Bytes of a file seen as the pixels they are. The bytes are copied only where 16-bit values would not be aligned. */
export function pixelsOf(
  bytes: Uint8Array<ArrayBuffer>,
  { itemBytes }: PixelType,
): Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> {
  if (itemBytes === 1) return bytes
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice()
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2)
}
