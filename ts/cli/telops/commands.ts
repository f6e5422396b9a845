import { type Command, Option } from 'commander'
import { outputOptions, type Run } from '../command.js'
import * as values from '../values.js'
import { HELP } from './help.js'

/** `framewire telops ...`: what the command line may say of Telops cameras. */
export function telopsCommands(program: Command, run: Run): void {
  const telops = program
    .command('telops')
    .description('Telops FAST cameras: frames, the onboard buffer, the rest of the camera')
    .addHelpText('after', HELP.telops)
  const one = (name: string, description: string) =>
    cameraOptions(telops.command(name).description(description))

  const info = one('info', 'tell how a camera is set, and what its buffer holds')
  outputOptions(info.addHelpText('after', HELP.info)).action((options) =>
    run(options, async (output) => (await import('./info.js')).info(options, output)),
  )

  const grab = one('grab', 'write frames to files').addHelpText('after', HELP.grab)
  settingOptions(grab)
    .optionsGroup('The file:')
    .requiredOption('-o, --out <file>', 'FILE.npy (one array), FILE.csv, FILE.png or FILE.tif (one each)')
    .option('--count <n>', 'how many frames', values.positive, 1)
    .option('--timeout <seconds>', 'how long to wait for each frame', values.seconds, 5)
  outputOptions(unitOptions(grab)).action((options) =>
    run(options, async (output) => (await import('./grab.js')).grab(options, output)),
  )

  const record = one('record', 'record into the onboard buffer').addHelpText('after', HELP.record)
  settingOptions(record)
    .optionsGroup('The recording:')
    .option('--sequences <n>', 'sequences to record, one after another', values.positive, 1)
    .addOption(
      new Option('--frames <n>', 'frames of each (default: 100)')
        .argParser(values.positive)
        .conflicts('duration'),
    )
    .option('--duration <seconds>', 'instead, how long each is', values.number)
    .option('--pre-moi <n>', 'frames of each before its moment of interest', values.count, 0)
    .addOption(
      new Option('--moi-source <source>', 'what that moment is told by')
        .choices(['software', 'external'])
        .default('software'),
    )
    .option('--wait <seconds>', 'pause before each moment that is fired from here', values.seconds)
  outputOptions(record).action((options) =>
    run(options, async (output) => (await import('./record.js')).record(options, output)),
  )

  downloadCommand(one('download', 'download a recorded sequence into a file'), run)

  const clear = one('clear', 'forget everything that was recorded').addHelpText('after', HELP.clear)
  outputOptions(clear).action((options) =>
    run(options, async (output) => (await import('./clear.js')).clear(options, output)),
  )

  const tune = one('tune', 'find the best packet size and bitrate for downloads')
  outputOptions(tune.addHelpText('after', HELP.tune)).action((options) =>
    run(options, async (output) => (await import('./tune.js')).tune(options, output)),
  )

  const diagnostics = one('diagnostics', 'tell temperatures, voltages, currents, running times')
  outputOptions(diagnostics.addHelpText('after', HELP.diagnostics)).action((options) =>
    run(options, async (output) => (await import('./diagnostics.js')).diagnostics(options, output)),
  )

  const nuc = one('nuc', 'correct non-uniformity').addHelpText('after', HELP.nuc)
  nuc
    .optionsGroup('The correction:')
    .addOption(
      new Option('--mode <mode>', 'what it is made against')
        .choices(['black-body', 'icu'])
        .default('black-body'),
    )
    .option('--blackbody-temp <degC>', 'temperature of the black body (default: as it is set)', values.number)
    .option('--timeout <seconds>', 'how long it may take', values.seconds, 60)
  outputOptions(nuc).action((options) =>
    run(options, async (output) => (await import('./nuc.js')).nuc(options, output)),
  )

  const setup = one('setup', 'print the lines that prepare this host').addHelpText('after', HELP.setup)
  outputOptions(setup).action((options) =>
    run(options, async (output) => (await import('./setup.js')).setup(options, output)),
  )
}

function downloadCommand(download: Command, run: Run): void {
  download
    .addHelpText('after', HELP.download)
    .optionsGroup('The frames:')
    .option('--sequence <n>', 'sequence, counted from 0', values.count, 0)
    .option('--first <n>', 'first frame of it, counted from 0', values.count, 0)
    .option('--count <n>', 'how many (default: all behind the first)', values.positive)
    .optionsGroup('The way:')
    .option(
      '--packet-size <bytes>',
      'bytes of a packet (default: the largest that gets through)',
      values.count,
    )
    .option('--bitrate <Mbit/s>', 'most that the camera sends (default: found by itself)', values.number)
    .option('--retries <n>', 'how often what is missing is streamed again, at most', values.count, 6)
    .option('--resend', 'ask for missing packets again while the camera has them (default)')
    .option('--no-resend', 'do not')
    .option('--max-dropped <n>', 'frames that may stay incomplete', values.count, 0)
    .option('--resume', 'go on with a download into this file that was cut off')
    .optionsGroup('The file:')
    .requiredOption('-o, --out <file>', 'FILE.npy (one array) or FILE.zarr (packed, with times)')
  outputOptions(unitOptions(download)).action((options) =>
    run(options, async (output) => (await import('./download.js')).download(options, output)),
  )
}

function cameraOptions(command: Command): Command {
  return command
    .optionsGroup('The camera:')
    .option('--ip <address>', 'its IP address, serial number or name (default: the first that answers)')
    .option('--local-ip <address>', 'address of this host at the interface that leads to it')
}

function settingOptions(command: Command): Command {
  return command
    .option('--integration-time <us>', 'set before, in microseconds', values.number)
    .option('--frame-rate <Hz>', 'set before', values.number)
}

function unitOptions(command: Command): Command {
  return command
    .addOption(new Option('--raw', 'counts, as uint16').conflicts('celsius'))
    .option('--celsius', 'temperatures in degC, as float32 (default)')
}
