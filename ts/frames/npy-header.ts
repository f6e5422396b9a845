/** What a .npy file (version 1.0) begins with: 128 bytes where the axes are those of images. */
export function npyHeader(descr: '|u1' | '<u2' | '<f4', shape: readonly number[]): Uint8Array<ArrayBuffer> {
  // As numpy writes it: one axis has a comma behind it.
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const about = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${axes}), }`
  const text = `${about.padEnd(Math.ceil((about.length + 11) / 64) * 64 - 11)}\n`
  const header = new Uint8Array(10 + text.length)
  header.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 0xff, text.length >> 8])
  header.set(new TextEncoder().encode(text), 10)
  return header
}
