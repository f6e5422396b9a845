import { loadCore } from '../core/load.js'
import type { VerifyOptions, VerifyReport } from './verify.js'
import { verifyFrames } from './verify-frames.js'
import { isSeries, verifySeries } from './verify-series.js'

/**
 * Compare all that lies in the folder of a stored stream with what was received. One flipped bit in any file is found.
 * Damage is reported, not thrown.
 * @param path folder of the stream, `<store>/<data id>`
 * Throws `server/verify` where there is no stream, or with `against` one without frames; `core/load`.
 */
export async function verifyStore(path: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  const { against, wasmUrl } = options
  if (!against && isSeries(path)) return verifySeries(path)
  return verifyFrames(path, await loadCore(wasmUrl), against)
}
