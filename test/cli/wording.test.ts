import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { presentable } from '../../ts/cli/outcome.js'
import { tellWarnings } from '../../ts/cli/process-warnings.js'
import { warningText } from '../../ts/cli/wording.js'
import { type ErrorCode, type ErrorDetails, FramewireError } from '../../ts/errors.js'

/** Names of functions and options, and what else is said to programmers alone. */
const API = /\b(?!degC\b)[a-z]+[A-Z]\w*|\w\(|\b[Cc]all\b|\b\w+: (true|false)\b|\b[Aa]wait\b|framewire\//

/** What every worded code is thrown with; undefined: no command meets it, or its own message is for people already. */
type Cases = {
  [Code in Extract<ErrorCode, `telops/${string}`>]: readonly ErrorDetails[Code][] | undefined
}

const address = '169.254.10.20'
const stats = {
  nFrames: 200,
  nIncomplete: 2,
  incompleteFrames: [3, 7],
  incompleteFrameIds: [4, 8],
  rounds: 6,
}

const CASES: Cases = {
  'telops/option': [
    { option: 'framesPerSequence', given: 1e10, expected: 'a whole number from 1 to 100' },
    { option: 'frames in durationSeconds', given: 1e10, expected: 'a whole number, 1 or more' },
    { option: 'durationSeconds', given: 3, expected: 'either it or framesPerSequence' },
  ],
  'telops/other-camera': [{ address, manufacturer: 'Aravis', model: 'Fake' }],
  'telops/locked': undefined,
  'telops/not-ready': [
    { reasons: ['WAITING_FOR_COOLER'], sensorTemperatureC: -12.5, waitedMs: 600_000 },
    { reasons: ['WAITING_FOR_VALID_PARAMS'], waitedMs: 10_000 },
    { reasons: ['WAITING_FOR_POWER_ON'], waitedMs: 10_000 },
  ],
  'telops/refused': undefined,
  'telops/answer': undefined,
  'telops/timeout': [
    { what: 'The buffer records still', waitedMs: 5000 },
    { what: 'The non-uniformity correction is not done', waitedMs: 5000 },
    { what: 'The camera has recorded 1 of 3 sequences', waitedMs: 5000 },
  ],
  'telops/not-armed': [{}],
  'telops/no-sequence': [
    { sequence: 3, sequences: 0 },
    { sequence: 3, sequences: 2 },
  ],
  'telops/calibration': undefined,
  'telops/calibration-files': undefined,
  'telops/frame-integrity': [
    { nIncomplete: 2, nStrideGaps: 0, stats },
    { nIncomplete: 0, nStrideGaps: 4, stats },
    { nIncomplete: 2, nStrideGaps: 4, stats },
  ],
  'telops/no-frames': [{ sequence: 1 }],
  'telops/no-recommendation': undefined,
  'telops/too-large': undefined,
  'telops/resume': [
    { path: 'a.npy', reason: 'it exists already' },
    { path: 'a.npy', reason: 'no record lies beside it' },
    {
      path: 'a.npy',
      reason:
        'serialNumber A (asked for: B), sequence 1 (asked for: 0), firstFrameId 1 (asked for: 100001), moiFrameId 1 ' +
        '(asked for: 2), recordedFrames 1 (asked for: 2), run 0,100 (asked for: 10,20), convert true (asked for: false)',
    },
    { path: 'a.npy', reason: 'dtype float32 (of the camera: uint16), width 320 (of the camera: 64)' },
  ],
  'telops/write': ['ENOSPC', 'EEXIST', 'ENOENT', 'EACCES', 'EIO'].map((reason) => ({
    path: 'a.npy',
    reason,
  })),
}

const GIGE: Partial<{ [Code in ErrorCode]: readonly ErrorDetails[Code][] }> = {
  'gige/option': [{ option: 'packetSize', given: 10, expected: 'a whole number from 576 to 9216' }],
  'gige/control-lost': [{ address, reason: 'it does not answer' }],
  'gige/closed': [{ address }],
  'gige/no-stream': [{ address, port: 5000, waitedMs: 3000 }],
  'gige/no-frame': [{ address, waitedMs: 3000, complete: 1, incomplete: 2, queueFull: 0 }],
  'frames/file-write': [{ path: 'a.npy', reason: 'EFBIG' }],
}

/** An error as the command shows it, whose own message is nothing but what must not be seen. */
const shown = (code: ErrorCode, details: object) =>
  presentable(
    new FramewireError(code, 'Call bufferRecord() with resume: true.', details as never, {
      cause: new Error(),
    }),
  ).message

describe('what the command says of errors', () => {
  const all = Object.entries({ ...CASES, ...GIGE }) as [ErrorCode, readonly object[] | undefined][]
  const cases = all.flatMap(([code, some = []]) => some.map((details) => [code, details] as const))

  it.each(cases)('%s has nothing of the API: %j', (code, details) => {
    const text = shown(code, details)
    expect(text).not.toMatch(API)
    expect(text).toMatch(/\.$/)
  })

  it('names its own options', () => {
    const option = (name: string) =>
      shown('telops/option', { option: name, given: 9, expected: 'from 1 to 5' })
    expect(option('framesPerSequence')).toBe('--frames is 9; give from 1 to 5.')
    expect(option('frames in durationSeconds')).toBe('frames in --duration is 9; give from 1 to 5.')
    expect(option('first')).toBe('--first is 9; give from 1 to 5.')
    const reason = 'run 0,100 (asked for: 10,30), convert true (asked for: false)'
    expect(shown('telops/resume', { path: 'a.npy', reason })).toBe(
      'a.npy was begun with another download: --first 0 --count 100 (now: --first 10 --count 20), --celsius (now: ' +
        '--raw). Ask for that one, or give another file.',
    )
    expect(shown('telops/frame-integrity', { nIncomplete: 2, nStrideGaps: 0, stats })).toBe(
      "2 of 200 frames incomplete (frames 3, 7, counted from 0; the camera's ids 4, 8) after 6 further passes. They are " +
        'still in the camera: go on with --resume and a lower --bitrate, run framewire telops tune, or allow for them ' +
        'with --max-dropped.',
    )
  })
})

describe('what the command says of warnings', () => {
  it.each([
    ['FRAMEWIRE_TELOPS_CLAMPED', 'The buffer took nSequences 3 instead of 5.'],
    ['FRAMEWIRE_TELOPS_CLAMPED', 'The camera took frameRateHz 3 instead of 5. It takes 3 Hz at most.'],
    ['FRAMEWIRE_TELOPS_PACKETS', '3 packets unrecoverable, of 2 frames. (await camera.setPacketDelay(1000))'],
    ['FRAMEWIRE_TELOPS_MOI_EARLY', 'The moment was fired 3 ms before. Await bufferWaitReady() before.'],
    ['FRAMEWIRE_TELOPS_PRE_MOI', 'It is fired as soon as they fit. Give waitFor.'],
  ])('%s has nothing of the API: %s', (code, message) => {
    expect(message).toMatch(API)
    const text = warningText(code, message, undefined)
    expect(text).not.toMatch(API)
    expect(text).toMatch(/^framewire: .*\.$/)
  })

  it('has the line for a shell that mends it, and no other detail', () => {
    const of = (detail: string) => warningText('FRAMEWIRE_RECEIVE_BUFFER', 'It is small.', detail)
    expect(of('$ sudo sysctl')).toBe('framewire: It is small.\n$ sudo sysctl')
    expect(of('Ask for more: { receiveBufferBytes: 1 }')).toBe('framewire: It is small.')
  })

  it('are told of those of the library; others stay as they are', () => {
    const before = process.listeners('warning')
    onTestFinished(() => {
      process.removeAllListeners('warning')
      for (const listener of before) process.on('warning', listener)
    })
    process.removeAllListeners('warning')
    const [node, tell] = [vi.fn(), vi.fn()]
    process.on('warning', node)
    tellWarnings(tell)
    const warning = (code: string) => Object.assign(new Error('something'), { code, detail: 'more' })
    const [own, other] = [warning('FRAMEWIRE_TELOPS_CLAMPED'), warning('DEP0005')]
    process.emit('warning', own)
    expect(tell.mock.calls).toEqual([['FRAMEWIRE_TELOPS_CLAMPED', 'something', 'more']])
    expect(node).not.toHaveBeenCalled()
    process.emit('warning', other)
    expect(tell).toHaveBeenCalledTimes(1)
    expect(node.mock.calls).toEqual([[other]])
  })
})
