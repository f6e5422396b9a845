/** An array as numpy wrote it. */
export interface NumpyArray {
  /** Byte order, kind and size: `|u1`, `>u2`, `<f8` ... */
  descr: string
  fortran: boolean
  shape: number[]
  /** The values as they lie in the file. */
  bytes: Uint8Array<ArrayBuffer>
}

/** Read a .npy file of the versions 1 to 3. Written for the tests alone: it shares nothing with what they test. */
export function parseNpy(file: Uint8Array): NumpyArray {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (new TextDecoder('latin1').decode(file.subarray(0, 6)) !== '\x93NUMPY')
    throw new Error('not a .npy file')
  const wide = view.getUint8(6) > 1
  const start = wide ? 12 : 10
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true))
  const header = new TextDecoder().decode(file.subarray(start, end))
  const field = (pattern: RegExp): string => {
    const found = pattern.exec(header)?.[1]
    if (found === undefined) throw new Error(`the header ${header} lacks ${pattern}`)
    return found
  }
  return {
    descr: field(/'descr': '([^']+)'/),
    fortran: field(/'fortran_order': (True|False)/) === 'True',
    shape: field(/'shape': \(([^)]*)\)/)
      .split(',')
      .filter((length) => length.trim() !== '')
      .map(Number),
    bytes: new Uint8Array(file.subarray(end)),
  }
}

/** The bytes of the values in C order. */
export function inCOrder({ bytes, descr, fortran, shape }: NumpyArray): Uint8Array<ArrayBuffer> {
  if (!fortran) return bytes
  const size = Number(descr.slice(2))
  const ordered = new Uint8Array(bytes.length)
  const index = new Array<number>(shape.length).fill(0)
  for (let at = 0; at < bytes.length; at += size) {
    let from = 0
    for (let axis = shape.length - 1; axis >= 0; axis--) from = from * shape[axis]! + index[axis]!
    ordered.set(bytes.subarray(from * size, (from + 1) * size), at)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]! += 1
      if (index[axis]! < shape[axis]!) break
      index[axis] = 0
    }
  }
  return ordered
}

/** The values of a float64 array. */
export function float64s({ bytes, descr }: NumpyArray): number[] {
  if (descr !== '<f8') throw new Error(`${descr} is not float64`)
  return Array.from(new Float64Array(bytes.slice().buffer))
}

/** A .npy file (version 1) of values in C order. */
export function npyOf(descr: string, shape: readonly number[], bytes: Uint8Array): Uint8Array {
  const axes = shape.map((length) => `${length},`).join(' ')
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${axes}), }`
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`
  const start = Uint8Array.of(0x93, ...Buffer.from('NUMPY'), 1, 0, padded.length & 0xff, padded.length >> 8)
  return Buffer.concat([start, Buffer.from(padded), bytes])
}
