import { type Command, Option } from 'commander'
import { outputOptions, type Run } from './command.js'
import { HELP } from './help.js'
import * as values from './values.js'

/** What the command line may say of cameras. */
export function cameraCommands(program: Command, run: Run): void {
  const discover = program
    .command('discover')
    .description('list the cameras that answer')
    .addHelpText('after', HELP.discover)
    .optionsGroup('The search:')
    .option('--address <ip>', 'ask this address, too, as behind a router; may be repeated', values.repeated)
    .option('--timeout <seconds>', 'how long answers are waited for', values.seconds, 1)
  outputOptions(discover).action((options) =>
    run(options, async (output) => (await import('./discover.js')).discover(options, output)),
  )

  const doctor = program
    .command('doctor')
    .description('find what ruins an acquisition, and tell the line that mends it')
    .addHelpText('after', HELP.doctor)
  outputOptions(cameraOption(doctor, 'default: every one that answers')).action((options) =>
    run(options, async (output) => (await import('./doctor.js')).doctor(options, output)),
  )

  const grab = program
    .command('grab')
    .description('write frames of a camera to files')
    .addHelpText('after', HELP.grab)
  cameraOption(grab)
    .option('--set <name=value>', 'set a feature before; may be repeated', values.repeated)
    .option('--timeout <seconds>', 'how long to wait for each frame', values.seconds, 5)
    .optionsGroup('The file:')
    .requiredOption(
      '-o, --out <file>',
      'FILE.npy (one array), FILE.png, FILE.tif or FILE.csv (one for each frame)',
    )
    .option('--count <n>', 'how many frames', values.positive, 1)
  outputOptions(grab).action((options) =>
    run(options, async (output) => (await import('./grab.js')).grab(options, output)),
  )

  const forceIp = program
    .command('force-ip')
    .description('give a camera another IP address until it is switched off')
    .argument('<mac>', 'its hardware address, such as 00:07:48:1a:2b:3c')
    .argument('<address>', 'the new one, free in the subnet of the interface')
    .addHelpText('after', HELP.forceIp)
    .optionsGroup('The address:')
    .option('--netmask <mask>', 'of its subnet (default: 255.255.255.0)')
    .option('--gateway <ip>', 'its way out (default: none)')
    .option('--interface <name>', 'the interface that the camera is behind (default: every one)')
  outputOptions(forceIp).action((mac, address, options) =>
    run(options, async (output) => (await import('./force-ip.js')).forceIp(mac, address, options, output)),
  )

  featureCommands(program, run)
}

/** `framewire features ...`. */
function featureCommands(program: Command, run: Run): void {
  const features = program
    .command('features')
    .description('read and set the features of a camera')
    .addHelpText('after', HELP.features)
  const one = (name: string, description: string) =>
    cameraOption(features.command(name).description(description))
  const commands = () => import('./features.js')

  const list = one('list', 'list the features, what they are and what they take')
    .argument('[category]', 'those of this category alone')
    .addOption(
      new Option('--visibility <who>', 'those meant for whom')
        .choices(['beginner', 'expert', 'guru', 'invisible'])
        .default('guru'),
    )
  outputOptions(list).action((category, options) =>
    run(options, async (output) => (await commands()).list(category, options, output)),
  )

  const get = one('get', 'print values').argument('<name...>', 'names of features')
  outputOptions(get).action((names, options) =>
    run(options, async (output) => (await commands()).get(names, options, output)),
  )

  const set = one('set', 'set features, one after another').argument(
    '<name=value...>',
    'such as ExposureTime=5000',
  )
  outputOptions(set).action((assignments, options) =>
    run(options, async (output) => (await commands()).set(assignments, options, output)),
  )
}

function cameraOption(command: Command, fallback = 'default: the first that answers'): Command {
  return command
    .optionsGroup('The camera:')
    .option('--camera <name>', `its serial number, name, IP or hardware address (${fallback})`)
}
