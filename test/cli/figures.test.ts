import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { Output } from '../../ts/cli/output.js'
import { Progress } from '../../ts/cli/progress.js'
import { quoted } from '../../ts/cli/shell.js'
import { duration, megabytes, table } from '../../ts/cli/table.js'
import * as values from '../../ts/cli/values.js'
import type { ChunkProgress } from '../../ts/streaming/rheed-options.js'

describe('values of options', () => {
  it.each([
    ['1', 1],
    ['800MB', 800_000_000],
    ['64 kB', 64_000],
    ['1.5GiB', 1_610_612_736],
    ['2KiB', 2048],
  ])('reads %s as bytes', (text, bytes) => expect(values.bytes(text)).toBe(bytes))

  it.each(['', 'MB', '-1', '1TBB', '1e3', '1,5MB', '12 constructor'])('takes %j for no bytes', (text) =>
    expect(() => values.bytes(text)).toThrow('Expected bytes'),
  )

  it.each(['-1', '', 'soon'])('takes %j for no time', (text) =>
    expect(() => values.seconds(text)).toThrow('Expected'),
  )

  it.each(['', ' ', 'x', 'NaN', 'Infinity', '1,5'])('takes %j for no number', (text) =>
    expect(() => values.number(text)).toThrow('Expected a number'),
  )

  it('reads shapes', () => {
    expect(values.shape('1038,1388')).toEqual([1038, 1388])
    for (const text of ['', '8', '8x8', '8,', '-1,8', '8, 8'])
      expect(() => values.shape(text)).toThrow('axes')
  })

  it('reads scales as the library does', () => {
    expect(values.scale('0:4095')).toEqual({ lo: 0, hi: 4095 })
    expect(values.scale('full')).toBe('full')
    expect(() => values.scale('4095:0')).toThrow('lo <= hi')
  })
})

describe('figures for people', () => {
  it.each([
    [0, '0 s'],
    [59, '59 s'],
    [59.1, '1:00'],
    [200, '3:20'],
    [7400, '2:03:20'],
  ])('%d seconds are %s', (seconds, text) => expect(duration(seconds)).toBe(text))

  it('keeps bytes short', () => {
    expect(megabytes(3_727_360)).toBe('3.7 MB')
    expect(megabytes(20e9)).toBe('20.00 GB')
  })

  it('leaves rows without a text out', () => {
    expect(
      table([
        ['File', 'a.npy'],
        ['Lost', false],
        ['', 'more'],
      ]),
    ).toBe('File      a.npy\n          more')
  })
})

describe('a word for a shell', () => {
  it.each(['plain', '', "the operator's", "'", "''", '$HOME `id` "x" \\', 'two\nlines', '*'])(
    'is %j again when a shell has read it',
    (word) => {
      const { stdout } = spawnSync('sh', ['-c', `printf %s ${quoted(word)}`], { encoding: 'utf8' })
      expect(stdout).toBe(word)
    },
  )
})

describe('progress', () => {
  it('counts frames, chunks by state, the rate of the last seconds, and the time left', () => {
    let now = 0
    const progress = new Progress(100, new Output({ quiet: true }), () => now)
    const update = (index: number, state: ChunkProgress['state']) =>
      progress.update({ index, state, frames: 10, rawBytes: 5_000_000 } as ChunkProgress)
    expect(progress.line()).toBe('0/100 frames stored | 0.0 MB/s | chunks: 0 queued, 0 packaged, 0 stored')
    update(0, 'queued')
    update(0, 'packaged')
    update(0, 'journaled')
    update(1, 'queued')
    expect(progress.line()).toContain('chunks: 1 queued, 1 packaged, 0 stored')
    now = 2000
    update(0, 'stored')
    update(2, 'failed')
    // 5 MB in 2 s; 10 frames in 2 s leave 90 for 18 s.
    expect(progress.line()).toBe(
      '10/100 frames stored | 2.5 MB/s | chunks: 1 queued, 0 packaged, 1 stored, 1 failed | 18 s left',
    )
    now = 12_001
    // What was stored more than 10 s ago does not count for the rate.
    expect(progress.line()).toContain('| 0.0 MB/s |')
    progress.end()
  })

  it('takes the chunks that were stored before a stream was resumed into account once', () => {
    let now = 0
    const progress = new Progress(40, new Output({ quiet: true }), () => now)
    const update = (index: number, state: ChunkProgress['state']) =>
      progress.update({ index, state, frames: 10, rawBytes: 5_000_000 } as ChunkProgress)
    update(0, 'stored')
    update(1, 'journaled')
    now = 2000
    expect(progress.line()).toBe('10/40 frames stored | 0.0 MB/s | chunks: 0 queued, 1 packaged, 1 stored')
    update(1, 'stored')
    // 10 frames in 2 s leave 20 for 4 s.
    expect(progress.line()).toBe(
      '20/40 frames stored | 2.5 MB/s | chunks: 0 queued, 0 packaged, 2 stored | 4 s left',
    )
    progress.end()
  })
})
