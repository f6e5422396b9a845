import type { ErrorCode, ErrorDetails, FramewireError } from '../errors.js'
import type { DownloadStatistics } from '../telops.js'
import { CAMERA_OPTIONS, TELOPS_OPTIONS } from './option-names.js'
import { incompleteText } from './telops/incomplete.js'

/** What the command says in place of the library, whose errors speak of its functions. */
const ERRORS: {
  readonly [Code in ErrorCode]?: (details: ErrorDetails[Code], error: Error) => string | undefined
} = {
  'gige/option': ({ option, given, expected }) => optionText(CAMERA_OPTIONS, option, given, expected),
  'gige/control-lost': ({ address, reason }) =>
    `Control of the camera at ${address} was lost: ${reason}. See that it is switched on and connected, and try again.`,
  'gige/closed': ({ address }) => `The camera at ${address} was closed meanwhile. Try again.`,
  'gige/no-stream': ({ address, port, waitedMs }) =>
    `The camera at ${address} was started, but not one packet of its stream came within ${waitedMs} ms. Admit UDP from ` +
    `the camera at this host's firewall (now to port ${port}). If it waits for a trigger, trigger it; framewire doctor ` +
    'looks at the rest of the way.',
  'gige/no-frame': ({ address, waitedMs, complete, incomplete }) =>
    `No whole frame of the camera at ${address} came within ${waitedMs} ms (${complete} whole, ${incomplete} incomplete ` +
    "so far). Where frames are incomplete, lower the camera's frame rate, or run framewire doctor; where none is sent, " +
    'look at its trigger and its frame rate.',
  'telops/option': ({ option, given, expected }) => optionText(TELOPS_OPTIONS, option, given, expected),
  'telops/other-camera': ({ address, manufacturer, model }) =>
    `The camera at ${address} is a ${model} of ${manufacturer || 'an unnamed manufacturer'}, not one of Telops. ` +
    'framewire grab and framewire record are for it.',
  'telops/not-ready': ({ reasons, sensorTemperatureC, waitedMs }) =>
    `The camera is not ready after ${seconds(waitedMs)} (${reasonsText(reasons, sensorTemperatureC)}). ` +
    (reasons.includes('WAITING_FOR_VALID_PARAMS')
      ? 'Its settings do not fit each other: give --integration-time and --frame-rate anew, or switch it off and on.'
      : 'Give the same line again to wait longer; where nothing changes, switch it off and on.'),
  'telops/timeout': ({ what, waitedMs }) =>
    `${what} after ${seconds(waitedMs)}. ` +
    (what.includes('non-uniformity')
      ? 'It goes on in the camera: give a longer --timeout, or switch the camera off and on.'
      : 'Did every sequence have its moment of interest? Run framewire telops clear, and try again.'),
  'telops/not-armed': () => 'The buffer does not record. Run framewire telops record.',
  'telops/no-sequence': ({ sequence, sequences }) =>
    `--sequence ${sequence} is not in the buffer: ` +
    (sequences === 0
      ? 'it has none: run framewire telops record before.'
      : `there are ${sequences}, from 0 to ${sequences - 1}.`),
  'telops/no-frames': ({ sequence }) =>
    `Nothing was recorded in sequence ${sequence}. Run framewire telops record before; while the camera records, wait for its end.`,
  'telops/frame-integrity': ({ nIncomplete, nStrideGaps, stats }) => {
    const statistics = stats as DownloadStatistics
    const { nFrames, rounds } = statistics
    const told = [
      nIncomplete > 0 &&
        `${incompleteText(statistics)} after ${rounds} further passes. They are still in the camera: go on with --resume ` +
          'and a lower --bitrate, run framewire telops tune, or allow for them with --max-dropped.',
      nStrideGaps > 0 &&
        `${nStrideGaps} of ${nFrames} frames are not one period behind the frame before: the camera left frames out, or ` +
          'it was triggered from outside. What it recorded is in the file.',
    ]
    return told.filter((text) => text !== false).join(' ')
  },
  'telops/resume': ({ path, reason }) =>
    reason === 'it exists already'
      ? `${path} exists already. Give another file, or --resume to go on with a download that broke off.`
      : reason === 'no record lies beside it'
        ? `${path} exists, and no record of a download that broke off lies beside it: it is whole, or something else. Give another file.`
        : `${path} was begun with another download: ${differenceText(reason)}. Ask for that one, or give another file.`,
  // One that is none of the system's tells of sizes.
  'telops/write': ({ path, reason }, { cause }) =>
    cause === undefined ? undefined : `${path}: ${writeRemedy(reason)}`,
  'frames/file-write': ({ path, reason }) => `${path}: ${writeRemedy(reason)}`,
}

/** What the command says of this error; undefined: what the error itself says. */
export function worded(error: FramewireError): string | undefined {
  const text = ERRORS[error.code] as ((details: object, error: Error) => string | undefined) | undefined
  return text?.(error.details, error)
}

/** What the command says of a warning of the library. */
const WARNINGS: Readonly<Record<string, (message: string) => string>> = {
  FRAMEWIRE_TELOPS_CLAMPED: (message) => flagged(TELOPS_OPTIONS, message),
  FRAMEWIRE_TELOPS_FRAME_RATE: (message) => flagged(TELOPS_OPTIONS, message),
  FRAMEWIRE_TELOPS_PACKETS: (message) =>
    `${firstSentence(message)} Lower --frame-rate, or run framewire doctor.`,
  FRAMEWIRE_TELOPS_MOI_EARLY: (message) => `${firstSentence(message)} Give a longer --wait.`,
  FRAMEWIRE_TELOPS_PRE_MOI: (message) => message.replace('Give waitFor.', 'Give --wait.'),
}

/** A warning of the library as a line, and below it the line for a shell that mends it, where there is one. */
export function warningText(code: string, message: string, detail: string | undefined): string {
  const line = `framewire: ${WARNINGS[code]?.(message) ?? message}`
  return detail?.startsWith('$ ') ? `${line}\n${detail}` : line
}

/** `--first is 100; give a whole number from 0 to 99`. */
function optionText(
  names: Readonly<Record<string, string>>,
  option: string,
  given: unknown,
  expected: string,
): string {
  const value = JSON.stringify(given) ?? String(given)
  // Some tell of what an option comes to: `frames in durationSeconds`.
  const name = option.includes(' ') ? flagged(names, option) : (names[option] ?? option)
  return `${name} is ${value}; give ${flagged(names, expected)}.`
}

/** Names of options that cannot be taken for words, as the command line has them. */
function flagged(names: Readonly<Record<string, string>>, text: string): string {
  return text.replace(/\b[a-z]+[A-Z]\w*\b/g, (name) => names[name] ?? name)
}

/** What the record of a download says, and how the command line asks for it. */
const DIFFERENCES: Readonly<Record<string, (value: string) => string>> = {
  serialNumber: (value) => `the camera ${value}`,
  sequence: (value) => `--sequence ${value}`,
  firstFrameId: (value) => `a recording from frame id ${value} on`,
  moiFrameId: (value) => `a recording around frame id ${value}`,
  recordedFrames: (value) => `a recording of ${value} frames`,
  run: (value) => {
    const [from = 0, to = 0] = value.split(',').map(Number)
    return `--first ${from} --count ${to - from}`
  },
  convert: (value) => (value === 'true' ? '--celsius' : '--raw'),
  dtype: (value) => (value === 'uint16' ? '--raw' : '--celsius'),
}

function differenceText(reason: string): string {
  return reason.replace(
    /(\w+) ([^\s()]+) \((asked for|of the camera): ([^\s()]+)\)/g,
    (_, name: string, was: string, whose: string, now: string) => {
      const say = DIFFERENCES[name] ?? ((value: string) => `a ${name} of ${value}`)
      return `${say(was)} (${whose === 'asked for' ? 'now' : 'the camera now'}: ${say(now)})`
    },
  )
}

/** What the system's own word for a refusal means, and what to do. */
function writeRemedy(reason: string): string {
  switch (reason) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return 'the disk is full. Free some space, or give a file on another disk.'
    case 'EEXIST':
      return 'it exists already. Give another file.'
    case 'ENOENT':
    case 'ENOTDIR':
      return 'its folder is not there. Make it, or give another file.'
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
    case 'EISDIR':
      return `it cannot be written to (${reason}). Give another file, or mend its permissions.`
    default:
      return `the system could not read or write it (${reason}). Check the disk.`
  }
}

function reasonsText(reasons: readonly string[], sensorTemperatureC: number | undefined): string {
  const words = reasons.map((reason) => reason.toLowerCase().replaceAll('_', ' '))
  if (sensorTemperatureC !== undefined) words.push(`sensor at ${sensorTemperatureC.toFixed(1)} degC`)
  return words.join(', ') || 'it does not say why'
}

function firstSentence(text: string): string {
  return text.slice(0, text.indexOf('. ') + 1) || text
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`
}
