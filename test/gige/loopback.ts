let addresses = 0

/** An address of the loopback interface that no other camera of these tests has, in this process or in another one. */
export function loopbackAddress(): string {
  addresses++
  if (addresses > 254) throw new Error('this process has no loopback addresses any more')
  return `127.${1 + (process.pid % 250)}.${Math.floor(process.pid / 250) % 250}.${addresses}`
}
