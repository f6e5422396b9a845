import { type Command, Option } from 'commander'
import { HOSTILE } from '../gige-vision/sender.js'
import { PIXEL_FORMATS } from '../simulator/pixel-formats.js'
import { outputOptions, type Run } from './command.js'
import { HELP } from './help.js'
import * as values from './values.js'

/** `framewire simulate ...`. */
export function simulateCommand(program: Command, run: Run): void {
  const simulate = program.command('simulate').description('stand in for a camera')
  const gige = cameraOptions(simulate.command('gige'), ['SIM0001', 'Simulator'])
    .description('be a GigE Vision camera until interrupted')
    .addHelpText('after', HELP.simulate)
    .optionsGroup('The frames:')
    .option('--fps <rate>', 'frames per second at first', values.number, 25)
    .option('--size <WxH>', "pixels (default: 640x480, or the recording's)", values.size)
    .addOption(
      new Option('--pixel-format <name>', "default: Mono8, or the recording's").choices(
        Object.keys(PIXEL_FORMATS),
      ),
    )
    .option('--source <what>', 'pattern, or the path of a recording, shown over and over', 'pattern')
    .option('--bandwidth <MB/s>', 'speed of its link, 0 for as fast as this host can', values.number, 125)
    .option('--first-id <n>', "block id of a session's first frame", values.count, 1)
    .option('--extended-ids', 'block ids of 64 bits')
  outputOptions(faultOptions(gige)).action((options) =>
    run(options, async (output) => (await import('./simulate-gige.js')).simulateGige(options, output)),
  )
  const telops = cameraOptions(simulate.command('telops'), ['TEL08050', 'FAST-IR'])
    .description('be a Telops FAST camera until interrupted')
    .addHelpText('after', HELP.simulateTelops)
    .option('--cooling <seconds>', 'how long it cools down at first', values.seconds)
    .option('--rate <MB/s>', 'speed of its link, 0 for as fast as this host can', values.number, 125)
  outputOptions(faultOptions(telops)).action((options) =>
    run(options, async (output) => (await import('./simulate-telops.js')).simulateTelops(options, output)),
  )
}

function cameraOptions(command: Command, [serial, model]: [serial: string, model: string]): Command {
  return command
    .optionsGroup('The camera:')
    .requiredOption('--ip <address>', 'an address of this host that is to be the camera')
    .option('--device <name>', 'network interface, where the camera shall hear no other one')
    .option('--serial <text>', `serial number (default: ${serial})`)
    .option('--name <text>', 'name that a user gave it')
    .option('--model <text>', `model name (default: ${model})`)
}

function faultOptions(command: Command): Command {
  return command
    .optionsGroup('The faults:')
    .option('--seed <n>', 'of all faults', values.count, 0)
    .option('--loss <p>', 'a packet is lost, 0 to 1', values.number)
    .option('--fault <name=value>', 'another fault; may be repeated', values.repeated)
    .addOption(new Option('--hostile <how>', 'what it does at every second frame').choices(HOSTILE))
    .option('--stranger <address>', 'another address of this host, for --hostile foreign-sender')
    .option('--record <file>', 'write down what became of each frame, a line of JSON each, at the end')
    .option('--duration <seconds>', 'end by itself', values.seconds)
}
