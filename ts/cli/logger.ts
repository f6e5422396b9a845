import type { Logger } from '../streaming/log.js'
import type { Output } from './output.js'

/** What a streamer logs, as notes of the command. */
export function loggerTo(output: Output): Logger {
  const say = (message: string) => output.note(`framewire: ${message}`)
  return { error: say, warn: say, info: say, debug: say, trace: say }
}
