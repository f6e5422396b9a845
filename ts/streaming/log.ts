import { checkedOption } from './options.js'

/** Where messages go; `console` is one, and so are most logging libraries. `details` is for programs. */
export interface Logger {
  /** Something was lost or given up. */
  error(message: string, details?: unknown): void
  /** Something was tried again, or asks for attention. */
  warn(message: string, details?: unknown): void
  /** What happens to a stream. */
  info(message: string, details?: unknown): void
  /** What happens to a chunk. */
  debug(message: string, details?: unknown): void
  /** Everything else. */
  trace(message: string, details?: unknown): void
}

/** How much is said: 0 nothing, 1 errors and warnings, 2 also what happens to a stream, 3 to each chunk, 4 everything. */
export type Verbosity = 0 | 1 | 2 | 3 | 4

/** Options of every streamer about its messages. */
export interface LogOptions {
  /** Default 1. */
  verbosity?: Verbosity
  /** Takes the messages that `verbosity` lets through. Default: the console (standard error on Node). */
  logger?: Logger
}

const LEVELS: Record<keyof Logger, Verbosity> = { error: 1, warn: 1, info: 2, debug: 3, trace: 4 }

// Not console.info and its like: on Node they write to standard output, which belongs to the program.
const consoleLogger: Logger = {
  error: (...said) => console.error(...shown(said)),
  warn: (...said) => console.warn(...shown(said)),
  info: (...said) => console.warn(...shown(said)),
  debug: (...said) => console.warn(...shown(said)),
  trace: (...said) => console.warn(...shown(said)),
}

function shown([message, details]: [string, unknown?]): unknown[] {
  return details === undefined ? [`framewire: ${message}`] : [`framewire: ${message}`, details]
}

/**
 * The logger of one streamer: silent above its verbosity. A logger of the user's that throws does not disturb the
 * stream. Throws `stream/option`.
 */
export function streamLog({ verbosity = 1, logger = consoleLogger }: LogOptions): Logger {
  checkedOption('verbosity', verbosity, [0, 1, 2, 3, 4].includes(verbosity), 'an integer from 0 to 4')
  const at =
    (level: keyof Logger) =>
    (message: string, details?: unknown): void => {
      if (verbosity < LEVELS[level]) return
      try {
        logger[level](message, details)
      } catch {}
    }
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug'), trace: at('trace') }
}
