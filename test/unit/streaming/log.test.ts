import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Logger, streamLog, type Verbosity } from '../../../ts/streaming/log.js'

const LEVELS = ['error', 'warn', 'info', 'debug', 'trace'] as const

afterEach(() => {
  vi.restoreAllMocks()
})

describe('the log of a streamer', () => {
  it.each<[Verbosity, number]>([
    [0, 0],
    [1, 2],
    [2, 3],
    [3, 4],
    [4, 5],
  ])('says at verbosity %s the first %s levels', (verbosity, count) => {
    const said: [string, string, unknown][] = []
    const logger = Object.fromEntries(
      LEVELS.map((level) => [
        level,
        (message: string, details: unknown) => said.push([level, message, details]),
      ]),
    ) as unknown as Logger
    const log = streamLog({ verbosity, logger })
    for (const level of LEVELS) log[level]('hello', 5)
    expect(said).toEqual(LEVELS.slice(0, count).map((level) => [level, 'hello', 5]))
  })

  it('says errors and warnings by default, on standard error', () => {
    const error = vi.spyOn(console, 'error').mockReturnValue()
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    const log = streamLog({})
    for (const level of LEVELS) log[level]('hello')
    expect(error.mock.calls).toEqual([['framewire: hello']])
    expect(warn.mock.calls).toEqual([['framewire: hello']])
  })

  it('bears a logger that throws', () => {
    const logger = Object.fromEntries(
      LEVELS.map((level) => [
        level,
        () => {
          throw new Error('full disk')
        },
      ]),
    ) as unknown as Logger
    expect(() => streamLog({ logger }).error('hello')).not.toThrow()
  })

  it.each([-1, 5, 1.5, '2', null])('refuses verbosity %j', (verbosity) => {
    expect(() => streamLog({ verbosity: verbosity as Verbosity })).toThrowError(
      expect.objectContaining({ code: 'stream/option' }),
    )
  })
})
