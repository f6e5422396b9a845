/** How much a command says, and in which form. */
export interface OutputOptions {
  /** The result as one line of JSON. */
  json?: boolean
  /** Neither progress nor notes. */
  quiet?: boolean
  /** Details: of each chunk, and of where an error came from. */
  verbose?: boolean
}

/** Back to the start of the terminal's line, and clear it. */
const CLEAR = '\r\x1b[2K'

/**
 * The two voices of a command: its result on stdout, once, and everything said meanwhile on stderr, so that a program
 * can read the one while a person reads the other.
 */
export class Output {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  /** Whether a person watches: then one line can be written over and over. */
  readonly isTerminal = process.stderr.isTTY === true
  #live = ''

  constructor({ json = false, quiet = false, verbose = false }: OutputOptions) {
    this.json = json
    this.quiet = quiet
    this.verbose = verbose
  }

  /** Say a line about what is going on; not where the user wants quiet. */
  note(line: string): void {
    if (!this.quiet) this.problem(line)
  }

  /** Say a line that even the quiet want to know. */
  problem(line: string): void {
    process.stderr.write(this.#live ? `${CLEAR}${line}\n${this.#live}` : `${line}\n`)
  }

  /** Show `line` at the bottom of a terminal in place of the one before; an empty one takes it away. */
  live(line: string): void {
    if (this.quiet || !this.isTerminal || line === this.#live) return
    this.#live = line.slice(0, (process.stderr.columns ?? 80) - 1)
    process.stderr.write(CLEAR + this.#live)
  }

  /** The result: `value` as JSON, or `text`. */
  result(value: object, text: string): void {
    process.stdout.write(this.json ? `${JSON.stringify(value, exact)}\n` : text && `${text}\n`)
  }
}

/** Whole numbers that are too large for JSON's readers, as text. */
function exact(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
