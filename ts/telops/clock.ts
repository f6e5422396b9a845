import { type Clock, sleep } from '../upload/clock.js'
import type { RegisterAccess } from './register-access.js'

const LATCH = 2

/** The camera's calendar time in ms since 1970, with fractions. */
export async function posixTime(registers: RegisterAccess): Promise<number> {
  for (;;) {
    const seconds = await registers.read('PosixTime')
    const subSecond = await registers.read('SubSecondTime')
    // A second may begin between the two.
    if ((await registers.read('PosixTime')) === seconds) return seconds * 1000 + subSecond / 10_000
  }
}

/**
 * Set the camera's calendar to that of this host, as a second begins: it takes whole seconds alone. By how many ms it
 * is ahead then.
 */
export async function syncTime(
  registers: RegisterAccess,
  clock: Clock,
  signal?: AbortSignal,
): Promise<number> {
  const next = Math.ceil(clock.wall() / 1000) * 1000
  await sleep(clock, next - clock.wall(), signal)
  await registers.write('PosixTime', Math.round(clock.wall() / 1000))
  const asked = clock.wall()
  const camera = await posixTime(registers)
  return camera - (asked + clock.wall()) / 2
}

/** Time since the camera was switched on, in ns, by the clock of GigE Vision. Ticks, where it does not tell their length. */
export async function gevTimestampNs(registers: RegisterAccess): Promise<bigint> {
  return registers.inTurn('GevTimestampControl', async () => {
    await registers.write('GevTimestampControl', LATCH)
    const ticks = await wide(registers, 'GevTimestampValueHigh', 'GevTimestampValueLow')
    const frequency = await wide(registers, 'GevTimestampTickFreqHigh', 'GevTimestampTickFreqLow')
    return frequency === 0n ? ticks : (ticks * 1_000_000_000n) / frequency
  })
}

/** A number of 64 bit, of two registers. */
export async function wide(
  registers: RegisterAccess,
  high: Parameters<RegisterAccess['read']>[0],
  low: Parameters<RegisterAccess['read']>[0],
): Promise<bigint> {
  return (BigInt(await registers.read(high)) << 32n) | BigInt(await registers.read(low))
}
