import type { TelopsSimulatorOptions } from '../../ts/simulator/telops/options.js'
import { opened, record, simulated } from '../telops/simulated.js'
import { json, run } from './command.js'

/** Of the frames that are recorded. */
export const [WIDTH, HEIGHT] = [64, 64]
/** What is told where a download can be gone on with. */
export const RESUME_HINT = 'What came is kept. Give the same line with --resume to go on.'

/** A simulated camera with sequences of so many frames of 64 x 64; answers its address. */
export async function recorded(frames: number, options: TelopsSimulatorOptions = {}, nSequences = 2) {
  const simulator = await simulated({ ringDeadMs: 0, ...options })
  const camera = await opened(simulator)
  await record(camera, { frames, nSequences })
  await camera.close()
  return simulator.address
}

/** Run `framewire telops NAME --ip IP ...args`. */
export const telops = (name: string, ip: string, ...args: string[]) =>
  run(['telops', name, '--ip', ip, ...args])

/** The result that a command printed with `--json`. */
export async function told(name: string, ip: string, ...args: string[]) {
  const { stdout } = await telops(name, ip, ...args, '--json')
  return json(stdout) as unknown as Record<string, unknown> & { error: { code: string; message: string } }
}
