import { readFile } from 'node:fs/promises'
import { loadCore } from '../core/load.js'
import { FramewireError } from '../errors.js'
import type { StatedConversion } from '../frames/conversion.js'
import { parseReceipt, receiptProblems } from '../store/receipt-proof.js'
import { StoredFrames } from '../store/stored-frames.js'
import { type Problem, type VerifyReport, verifyStore } from '../store/verify.js'
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

/** `framewire verify`: decode every frame of a stored stream, and compare it with a recording and a receipt. */
export async function verify(path: string, options: VerifyCommandOptions, output: Output): Promise<Outcome> {
  const { against, receipt, ...rest } = options
  const text = receipt === undefined ? undefined : await readFile(receipt, 'utf8')
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

function outcome(report: VerifyReport, { against, receipt }: VerifyCommandOptions): Outcome {
  const { dataId, shape, chunkSize, chunks, storedFrames, missingFrames, equalFrames, problems } = report
  const value = {
    dataId,
    height: shape[1],
    width: shape[2],
    chunkSize,
    chunks: chunks.length,
    frames: storedFrames,
    absentFrames: missingFrames,
    ...(against && { against, equalFrames }),
    ...(receipt && { receipt }),
    problems,
  }
  const text = table([
    ['Stream', dataId],
    ['Chunks', `${chunks.length} of up to ${chunkSize} frames decoded`],
    ['Frames', `${storedFrames} of ${shape[1]} x ${shape[2]} stored, ${missingFrames} absent`],
    ['Compared', against !== undefined && `${equalFrames} frames equal those of ${against}, byte for byte`],
    [
      'Receipt',
      receipt !== undefined && report.ok && `every chunk that ${receipt} calls stored is here, unchanged`,
    ],
    ...problems.slice(0, LISTED).map((problem): [string, string] => ['Problem', told(problem)]),
    ['', problems.length > LISTED && `and ${problems.length - LISTED} more; --json lists all`],
  ])
  const [first] = problems
  if (!first) return { exitCode: 0, value, text }
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
  const error = new FramewireError('server/verify', `${dataId}: ${told(first)}${more}`, { dataId, ...first })
  return failed(error, value, text)
}

function told({ chunk, frame, reason }: Problem): string {
  const where = [
    ...(chunk === undefined ? [] : [`chunk ${chunk}`]),
    ...(frame === undefined ? [] : [`frame ${frame}`]),
  ]
  return where.length > 0 ? `${where.join(', ')}: ${reason}` : reason
}
