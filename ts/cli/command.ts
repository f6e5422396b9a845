import type { Command } from 'commander'
import type { Outcome } from './outcome.js'
import type { Output, OutputOptions } from './output.js'

/** Runs a command's work and reports how it ended. */
export type Run = (options: OutputOptions, work: (output: Output) => Promise<Outcome>) => Promise<void>

/** The options that every command has, and its help. */
export function outputOptions(command: Command, verbose = 'where an error came from, on stderr'): Command {
  return command
    .optionsGroup('Output:')
    .option('--json', 'the result as one line of JSON on stdout')
    .option('--quiet', 'neither progress nor notes on stderr')
    .option('--verbose', verbose)
    .optionsGroup('Help:')
    .helpOption('-h, --help', 'show this help')
}
