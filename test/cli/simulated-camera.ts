import { onTestFinished } from 'vitest'
import { loopbackAddress } from '../gige/loopback.js'
import { AS_A_DEVICE, start } from '../gige/process.js'
import { CLI, type Undo } from './command.js'

/** `framewire simulate gige ...args` in a process of its own; answers the camera's address. */
export async function simulatedCamera(args: readonly string[], undo: Undo = onTestFinished): Promise<string> {
  const address = loopbackAddress()
  const command = [...AS_A_DEVICE, process.execPath, CLI, 'simulate', 'gige', '--ip', address, ...args]
  const simulator = start('nice', command)
  undo(() => simulator.stop())
  await simulator.line(/Address/)
  return address
}
