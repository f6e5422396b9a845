import { type Command, Option } from 'commander'
import type { StatedConversion } from '../frames/conversion.js'
import * as values from './values.js'

/** Where journals are, in words. */
export const JOURNALS = "framewire/journal in the user's data folder"

/** What the command line says of a stream, wherever its frames come from. */
export interface ServiceOptions extends StatedConversion {
  chunkSize?: number
  rpm: number
  name?: string
  sample?: string
  projectId?: string
  tag?: string[]
  azimuth?: string
  endpoint?: string
  apiKey?: string
  /** The journals' folder; false after `--no-journal`. */
  journal?: string | false
  keep?: boolean
  maxWorkers?: number
  memoryBudget?: number
  /** Seconds. */
  drainTimeout: number
}

/** What of that the stream is initialized with as it is. */
export function stated({ rpm, sample, projectId, tag, azimuth, scale, gray, keep }: ServiceOptions) {
  return { rotationsPerMin: rpm, physicalSample: sample, projectId, tags: tag, azimuth, scale, gray, keep }
}

/** What a stream is linked with. */
export function linkOptions(command: Command, name: string): Command {
  return command
    .option('--rpm <rate>', "the sample's rotations per minute, 0 for a stationary one", values.number, 0)
    .option('--name <text>', `name of the stream (default: ${name})`)
    .option('--sample <name>', 'name of the sample (made where there is none) or its UUID')
    .option('--project-id <uuid>', 'project that the stream belongs to')
    .option('--tag <name>', 'name or UUID of a tag; may be repeated', values.repeated)
    .option('--azimuth <label>', 'azimuth of a stationary sample')
}

/** How wide pixels and colours become 8-bit gray. */
export function scaleOptions(command: Command, scales: string): Command {
  return command
    .option('--scale <range>', `16 to 8 bit: ${scales}`, values.scale)
    .addOption(new Option('--gray <how>', 'colour to gray').choices(['mean', 'luma']))
}

/** Which service a stream goes to, and what becomes of it on the way. */
export function serviceOptions(command: Command): Command {
  return command
    .optionsGroup('The service:')
    .option('--endpoint <url>', 'root of the API (default: $AS_API_ENDPOINT, else the production service)')
    .addOption(apiKeyOption())
    .option('--journal <folder>', `where chunks are kept until they are stored (default: ${JOURNALS})`)
    .option('--no-journal', 'keep them in memory: gone with the process')
    .option('--keep', 'make a local store (Zarr) of the journal when the stream is whole')
}

/** How much of this machine a stream takes. */
export function effortOptions(command: Command, budget: string): Command {
  return command
    .option('--max-workers <n>', 'packing workers (default: one a processor, at most 8)', values.count)
    .option('--memory-budget <bytes>', `frames and uploads held at most (default: ${budget})`, values.bytes)
    .addOption(drainOption())
}

export function apiKeyOption(): Option {
  return new Option(
    '--api-key <key>',
    'default: $FRAMEWIRE_API_KEY, else $AS_API_KEY (other users can see this option)',
  )
}

export function drainOption(): Option {
  return new Option('--drain-timeout <seconds>', 'how long to wait for uploads at the end of a stream')
    .argParser(values.seconds)
    .default(600)
}
