import type { Command } from 'commander'
import { outputOptions, type Run } from './command.js'
import { HELP } from './help.js'
import { effortOptions, linkOptions, scaleOptions, serviceOptions } from './service-options.js'
import * as values from './values.js'

/** What the command line may say of `framewire record`. */
export function recordCommand(program: Command, run: Run): void {
  const record = program
    .command('record')
    .description('record a camera, to a file or as a stream to a service')
    .addHelpText('after', HELP.record)
    .optionsGroup('The camera:')
    .option(
      '--camera <name>',
      'its serial number, name, IP or hardware address (default: the first that answers)',
    )
    .option('--set <name=value>', 'set a feature before; may be repeated', values.repeated)
    .option('--fps <rate>', 'set its frame rate (default: as it is set)', values.number)
    .optionsGroup('The recording:')
    .option('--out <file>', 'FILE.npy (pixels as they come) or FILE.zarr (8 bit)')
    .option('--stream', 'stream to a service')
    .option('--frames <n>', 'end after so many frames (default: when it is interrupted)', values.positive)
    .option('--seconds <time>', 'end after so long', values.seconds)
    .option('--chunk-size <frames>', 'frames per chunk, at least 2 x fps (default: 2 x fps)', values.positive)
  scaleOptions(record, 'lo:hi, full or max (each frame)').optionsGroup('The stream:')
  serviceOptions(linkOptions(record, 'the model of the camera'))
  effortOptions(record.optionsGroup('The effort:'), '256MiB, but three chunks')
  outputOptions(record, 'every chunk, and where an error came from, on stderr').action((options) =>
    run(options, async (output) => (await import('./record.js')).record(options, output)),
  )
}
