/** An IPv4 address as a number, `127.0.0.1` as 0x7f000001; NaN for what is none. */
export function addressNumber(text: string): number {
  const parts = text.split('.')
  if (parts.length !== 4) return Number.NaN
  return parts.reduce((number, part) => {
    const byte = /^(0|[1-9]\d{0,2})$/.test(part) ? Number(part) : 256
    return byte < 256 ? number * 256 + byte : Number.NaN
  }, 0)
}

/** The address that {@link addressNumber} made a number of. */
export function addressText(number: number): string {
  return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`
}
