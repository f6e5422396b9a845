import { readFile } from 'node:fs/promises'
import { loadCore } from '../core/load.js'
import { FramewireError } from '../errors.js'
import type { StatedConversion } from '../frames/conversion.js'
import { parseReceipt, receiptProblems } from '../store/receipt-proof.js'
import { StoredFrames } from '../store/stored-frames.js'
import type { FramesReport, Problem, SeriesReport, VerifyReport } from '../store/verify.js'
import { isSeries } from '../store/verify-series.js'
import { verifyStore } from '../store/verify-store.js'
import { failed, type Outcome, usage } from './outcome.js'
import type { Output } from './output.js'
import { preparedFrames } from './prepared.js'
import { type FileOptions, openStreamable } from './recording.js'
import { table } from './table.js'

/** What the command line says of a verification. */
export interface VerifyCommandOptions extends FileOptions, StatedConversion {
  against?: string
  /** File with the receipt. */
  receipt?: string
}

const FILE_OPTIONS = ['shape', 'dtype', 'offset', 'member', 'scale', 'gray'] as const

/** Problems that are listed for people; `--json` has all. */
const LISTED = 20

/** `framewire verify`: read all of a stored stream back, and compare it with a recording and a receipt. */
export async function verify(path: string, options: VerifyCommandOptions, output: Output): Promise<Outcome> {
  const { against, receipt, ...rest } = options
  const text = receipt === undefined ? undefined : await receiptText(receipt)
  const proved = (report: VerifyReport): VerifyReport => {
    if (text === undefined) return report
    const problems = [...report.problems, ...receiptProblems(report, parseReceipt(text, report.dataId))]
    return { ...report, problems, ok: problems.length === 0 }
  }
  if (against === undefined) {
    const given = FILE_OPTIONS.find((name) => rest[name] !== undefined)
    if (given) throw usage(`--${given} tells of the recording to compare with: name it with --against.`)
    return outcome(proved(await verifyStore(path)), options)
  }
  if (isSeries(path)) {
    throw usage(`--against compares frames, and ${path} holds channels: prove it with --receipt instead.`)
  }
  const { source, conversion } = await openStreamable(against, options)
  try {
    if (conversion.range === 'measured') {
      throw usage('in place of --scale measured state the range that the receipt names, --scale lo:hi.')
    }
    const core = await loadCore()
    const stored = await StoredFrames.open(path, core)
    if (source.height !== stored.height || source.width !== stored.width) {
      const reason = `its frames are ${stored.height} x ${stored.width}, those of ${against} are ${source.height} x ${source.width}`
      throw new FramewireError(
        'server/verify',
        `${path}: ${reason}. Is this the recording it was streamed from?`,
        {
          dataId: stored.dataId,
          reason,
        },
      )
    }
    output.note(`comparing ${stored.length} frames with ${against}`)
    const report = await verifyStore(path, { against: preparedFrames(source, conversion, core) })
    return outcome(proved(report), options)
  } finally {
    await source.close()
  }
}

/** The text of a receipt's file. Throws a usage error where it cannot be read. */
function receiptText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw usage(
      `--receipt ${file} cannot be read (${error.code}). Name the file with the receipt that finalize answered, as JSON, or with what framewire stream --json printed.`,
    )
  })
}

type Row = [label: string, text: string | false]

function outcome(report: VerifyReport, options: VerifyCommandOptions): Outcome {
  const { kind, dataId, problems, ok } = report
  const { receipt } = options
  const { figures, rows, proof } = kind === 'frames' ? aboutFrames(report, options) : aboutSeries(report)
  const value = { dataId, kind, ...figures, ...(receipt && { receipt }), problems }
  const text = table([
    ['Stream', dataId],
    ...rows,
    ['Receipt', receipt !== undefined && ok && `every chunk that ${receipt} calls stored is here, ${proof}`],
    ...problems.slice(0, LISTED).map((problem): Row => ['Problem', told(problem)]),
    ['', problems.length > LISTED && `and ${problems.length - LISTED} more; --json lists all`],
  ])
  const [first] = problems
  if (!first) return { exitCode: 0, value, text }
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
  const error = new FramewireError('server/verify', `${dataId}: ${told(first)}${more}`, { dataId, ...first })
  return failed(error, value, text)
}

/** What was found of a stream of one kind. */
interface Findings {
  /** For programs. */
  figures: object
  /** For people. */
  rows: Row[]
  /** How far a receipt proves what is here. */
  proof: string
}

function aboutFrames(report: FramesReport, { against }: VerifyCommandOptions): Findings {
  const { shape, chunkSize, chunks, storedFrames, missingFrames, equalFrames } = report
  const [, height, width] = shape
  return {
    figures: {
      height,
      width,
      chunkSize,
      chunks: chunks.length,
      frames: storedFrames,
      absentFrames: missingFrames,
      ...(against && { against, equalFrames }),
    },
    rows: [
      ['Chunks', `${chunks.length} of up to ${chunkSize} frames decoded`],
      ['Frames', `${storedFrames} of ${height} x ${width} stored, ${missingFrames} absent`],
      ['Compared', against !== undefined && `${equalFrames} frames equal those of ${against}, byte for byte`],
    ],
    proof: 'unchanged',
  }
}

function aboutSeries({ channels, chunks, storedPoints, tornBytes }: SeriesReport): Findings {
  return {
    figures: { channels, chunks: chunks.length, points: storedPoints, tornBytes },
    rows: [
      ['Channels', `${channels.length}, in ${chunks.length} chunks`],
      ['Points', `${storedPoints} stored, those of the arrays compared with those of the log`],
      [
        'Torn',
        tornBytes > 0 && `${tornBytes} bytes of a chunk that a crash cut short; it was never answered`,
      ],
    ],
    proof: 'with as many points',
  }
}

function told({ chunk, frame, reason }: Problem): string {
  const where = [
    ...(chunk === undefined ? [] : [`chunk ${chunk}`]),
    ...(frame === undefined ? [] : [`frame ${frame}`]),
  ]
  return where.length > 0 ? `${where.join(', ')}: ${reason}` : reason
}
