import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { cameraCommands } from './camera-commands.js'
import { outputOptions, type Run } from './command.js'
import { HELP } from './help.js'
import { type ExitCode, failed, report } from './outcome.js'
import { Output } from './output.js'
import { tellWarnings } from './process-warnings.js'
import { recordCommand } from './record-command.js'
import {
  apiKeyOption,
  drainOption,
  effortOptions,
  JOURNALS,
  linkOptions,
  scaleOptions,
  serviceOptions,
} from './service-options.js'
import { simulateCommand } from './simulate-command.js'
import { telopsCommands } from './telops/commands.js'
import * as values from './values.js'
import { warningText } from './wording.js'

/** The command `framewire`: read the command line, do what it says, print how that ended. Answers the exit code. */
export async function main(argv: readonly string[], version: string): Promise<ExitCode> {
  let exitCode: ExitCode = 0
  const program = grammar(version, async (options, work) => {
    const output = new Output(options)
    tellWarnings((code, message, detail) => output.note(warningText(code, message, detail)))
    exitCode = report(await work(output).catch(failed), output)
  })
  try {
    await program.parseAsync(argv)
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return 0
    // Without a command the help was printed, and says enough.
    if (error.code === 'commander.help') return 2
    const said = error.message.replace(/^error: /, '').replace(/\.?$/, '.')
    const message = `${said} See ${called(program, argv.slice(2))} --help.`
    const output = new Output({ json: argv.includes('--json') })
    return report(failed(new InvalidArgumentError(message)), output)
  }
  return exitCode
}

/** The command that the line names, as far as it names one: `framewire journal ls`. */
function called(command: Command, [word, ...words]: readonly string[]): string {
  const next = command.commands.find((one) => one.name() === word)
  return next ? `${command.name()} ${called(next, words)}` : command.name()
}

/** What the command line may say. The code of a command is loaded when it is asked for. */
function grammar(version: string, run: Run): Command {
  const program = new Command('framewire')
    .description(
      'Carry frames of a camera or a recording to an analysis service, and prove that none was lost.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .addHelpText('after', HELP.framewire)

  const stream = program
    .command('stream')
    .description('stream recordings to a service, each as one stream')
    .argument('<file...>', '.npy, .npz, TIFF, a folder of PNG or TIFF, or raw pixels')
    .addHelpText('after', HELP.stream)
    .optionsGroup('The stream:')
    .requiredOption('--fps <rate>', 'frames per second of the capture', values.number)
    .option('--chunk-size <frames>', 'frames per upload, at least 2 x fps (default: 2 x fps)', values.count)
  serviceOptions(pixelOptions(linkOptions(stream, "the file's name")))
    .optionsGroup('The pace:')
    .addOption(
      new Option('--pace <how>', "at the capture's rate, or as fast as it goes")
        .choices(['capture', 'none'])
        .default('capture'),
    )
  effortOptions(stream, '96MiB')
  outputOptions(stream, 'every chunk, and where an error came from, on stderr').action((files, options) =>
    run(options, async (output) => (await import('./stream.js')).stream(files, options, output)),
  )

  const resume = program
    .command('resume')
    .description(
      'go on with streams that were cut off: send what their journals hold, and the rest of their recordings',
    )
    .argument('[folder]', `the journals' folder (default: ${JOURNALS})`)
    .addHelpText('after', HELP.resume)
    .option('--stream <id>', 'this stream alone', values.id)
    .option(
      '--end',
      'end streams, too, that more could come for, or whose recordings cannot be read any more',
    )
    .addOption(apiKeyOption())
    .addOption(drainOption())
  outputOptions(resume, 'every chunk, and where an error came from, on stderr').action((folder, options) =>
    run(options, async (output) => (await import('./resume.js')).resume(folder, options, output)),
  )

  const recover = program
    .command('recover')
    .description("write what a stream's journal holds to a file, with no server")
    .argument('<folder/id>', "folder of the stream's journal")
    .addHelpText('after', HELP.recover)
    .requiredOption('--out <file>', 'FILE.npy (frames alone) or FILE.zarr')
  outputOptions(recover).action((path, options) =>
    run(options, async (output) => (await import('./recover.js')).recover(path, options, output)),
  )

  journalCommand(program, run)

  const serve = program
    .command('serve')
    .description('run an ingest server that keeps streams in a folder')
    .addHelpText('after', HELP.serve)
    .option(
      '--host <address>',
      'address to listen at; others than loopback are open to the network',
      '127.0.0.1',
    )
    .option('--port <number>', 'port to listen at, 0 for any that is free', values.count, 8720)
    .option('--store <folder>', 'where streams are kept', './framewire-store')
    .option('--api-key <key>', 'key to ask for (default: $FRAMEWIRE_API_KEY, else one is made up)')
    .addOption(new Option('--no-auth', 'ask for no key at all').conflicts('apiKey'))
  outputOptions(serve, 'a line of JSON for each request, on stderr').action((options) =>
    run(options, async (output) => (await import('./serve.js')).serve(options, output)),
  )

  const verify = program
    .command('verify')
    .description('decode every frame of a stored stream, and compare it with a recording')
    .argument('<store/id>', "folder of the stream: the store's, a slash, the stream's id")
    .addHelpText('after', HELP.verify)
    .option('--against <file>', 'recording that the frames must equal, byte for byte')
    .option('--receipt <file>', 'receipt (JSON) whose stored chunks must be there, unchanged')
  outputOptions(pixelOptions(verify)).action((path, options) =>
    run(options, async (output) => (await import('./verify.js')).verify(path, options, output)),
  )

  const info = program
    .command('info')
    .description('tell what a recording, or a stored stream, holds, or how a camera is set')
    .argument('[file|store/id]', 'a recording, or the folder of a stored stream')
    .optionsGroup('The camera:')
    .option('--camera [name]', 'a camera in their place (default: the first that answers)')
    .addHelpText('after', HELP.info)
  outputOptions(fileOptions(info)).action((path, options) =>
    run(options, async (output) => (await import('./info.js')).info(path, options, output)),
  )

  cameraCommands(program, run)
  recordCommand(program, run)
  telopsCommands(program, run)
  simulateCommand(program, run)
  return program
}

/** `framewire journal ...`. */
function journalCommand(program: Command, run: Run): void {
  const journal = program
    .command('journal')
    .description('look at the journals of streams, check them, take them away')
    .addHelpText('after', HELP.journal)
  const one = (name: string, description: string) =>
    journal
      .command(name)
      .description(description)
      .optionsGroup('The journals:')
      .option('--journal <folder>', `their folder (default: ${JOURNALS})`)
  const commands = () => import('./journal.js')
  outputOptions(one('ls', 'list the journals')).action((options) =>
    run(options, async (output) => (await commands()).list(options, output)),
  )

  const show = one('show', 'tell what a journal holds').argument('<id>', 'the stream', values.id)
  outputOptions(show).action((id, options) =>
    run(options, async (output) => (await commands()).show(id, options, output)),
  )

  const verify = one('verify', 'compare the bytes that journals hold with their hashes')
  outputOptions(verify.argument('[id]', 'this stream alone', values.id)).action((id, options) =>
    run(options, async (output) => (await commands()).verify(id, options, output)),
  )

  const rm = one('rm', 'take a journal away; what is nowhere else is lost')
    .argument('<id>', 'the stream', values.id)
    .option('--force', 'also one that holds chunks that are not stored, or is a local store')
  outputOptions(rm).action((id, options) =>
    run(options, async (output) => (await commands()).remove(id, options, output)),
  )
}

/** How a file is to be read. */
function fileOptions(command: Command): Command {
  return command
    .optionsGroup('The file:')
    .option('--shape <h,w>', 'raw pixels: one frame, or n,h,w for all of them', values.shape)
    .option('--dtype <code>', "raw pixels: u1, '<u2' or '>u2'")
    .option('--offset <bytes>', 'raw pixels: bytes before the first frame', values.count)
    .option('--member <name>', 'the array to take of an .npz with several')
}

/** How a file is to be read and how its pixels become 8-bit gray. */
function pixelOptions(command: Command): Command {
  return scaleOptions(fileOptions(command), 'lo:hi, full, measured (the first chunk) or max (each frame)')
}
