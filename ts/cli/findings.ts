import type { Finding, Level } from '../gige.js'

/** Colours of a terminal (SGR), by how bad it is. */
const COLOURS: Readonly<Record<Level, number>> = { ok: 32, warning: 33, error: 31, unknown: 2 }
/** Widths of the columns before the message. */
const LEVEL_WIDTH = 9
const CHECK_WIDTH = 16
const LONGEST_LINE = 110
/** Where a terminal does not tell how wide it is. */
const USUAL_LINE = 80

/** How findings are shown. */
export interface Look {
  /** Characters of a line; longer messages go on in the next. */
  columns: number
  colours: boolean
}

/** The look that fits stdout: a program that reads it gets a line for each finding. */
export function lookOf(stream: NodeJS.WriteStream): Look {
  if (!stream.isTTY) return { columns: Number.POSITIVE_INFINITY, colours: false }
  return { columns: Math.min(stream.columns || USUAL_LINE, LONGEST_LINE), colours: stream.hasColors() }
}

/** Findings for people: under a heading for each thing that was examined, each with the line that mends it. */
export function findingsText(findings: readonly Finding[], look: Look): string {
  const groups = new Map<string, Finding[]>()
  for (const finding of findings) {
    const heading = headingOf(finding)
    groups.set(heading, [...(groups.get(heading) ?? []), finding])
  }
  const blocks = [...groups].map(([heading, group]) =>
    [heading, ...group.map((finding) => findingText(finding, look))].join('\n'),
  )
  return [...blocks, conclusion(findings)].join('\n\n')
}

function headingOf({ subject, name }: Finding): string {
  if (subject === 'host') return 'This host'
  return subject === 'camera' ? `Camera ${name}` : `Interface ${name}`
}

function findingText({ level, check, message, fix }: Finding, { columns, colours }: Look): string {
  const word = level.padEnd(LEVEL_WIDTH)
  const painted = colours ? `\x1b[${COLOURS[level]}m${word}\x1b[0m` : word
  const indent = ' '.repeat(2 + LEVEL_WIDTH + CHECK_WIDTH)
  const lines = wrapped(message, columns - indent.length)
  const first = `  ${painted}${check.replace('-', ' ').padEnd(CHECK_WIDTH)}${lines[0]}`
  // Never cut: it is there to be copied.
  return [first, ...lines.slice(1).map((line) => indent + line), ...(fix ? [`${indent}$ ${fix}`] : [])].join(
    '\n',
  )
}

/** Lines of at most so many characters, where no word is longer. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= columns)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

function conclusion(findings: readonly Finding[]): string {
  const errors = findings.filter(({ level }) => level === 'error').length
  const warnings = findings.filter(({ level }) => level === 'warning').length
  if (errors + warnings === 0) return 'Nothing stands in the way of an acquisition.'
  const count = (number: number, word: string) =>
    number === 0 ? [] : [`${number} ${word}${number === 1 ? '' : 's'}`]
  const said = [...count(errors, 'error'), ...count(warnings, 'warning')].join(', ')
  const mended = findings.some(({ fix }) => fix)
    ? ' Lines that begin with $ mend what stands above them.'
    : ''
  return `${said}.${mended}`
}
