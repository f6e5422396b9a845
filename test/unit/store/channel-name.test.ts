import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { channelFolder } from '../../../ts/store/channel-name.js'
import { temporaryFolder } from '../server/client.js'

const HOSTILE = [
  '',
  '.',
  '..',
  '/',
  '../../etc/passwd',
  'a/b',
  'a\\b',
  'a\0b',
  'zarr.json',
  '__x',
  'c',
  '%2F',
  '~',
  '~2F',
  '~_',
]

/** Any well-formed text; the server refuses any other. */
const names = fc.string({ unit: 'binary', maxLength: 300 })

describe('the folder of a channel', () => {
  it('keeps plain names as they are', () => {
    expect(['temperature', 'T-1', 'flux_2'].map(channelFolder)).toEqual(['temperature', 'T-1', 'flux_2'])
    expect(channelFolder('p (mbar)/é')).toBe('p~20~28mbar~29~2F~C3~A9')
  })

  it('is one plain name in the folder it belongs to, whatever the channel is called', () => {
    fc.assert(
      fc.property(fc.oneof(names, fc.constantFrom(...HOSTILE)), (name) => {
        const folder = channelFolder(name)
        expect(folder).toMatch(/^[A-Za-z0-9~-][A-Za-z0-9~_-]{0,254}$/)
      }),
    )
  })

  it('is another one for another name', () => {
    fc.assert(
      fc.property(names, names, (a, b) => {
        fc.pre(a !== b)
        expect(channelFolder(a)).not.toBe(channelFolder(b))
      }),
    )
    const long = 'é'.repeat(500)
    const all = [...HOSTILE, long, `${long}!`, `${long}?`]
    expect(new Set(all.map(channelFolder)).size).toBe(all.length)
  })

  it('can be made by the file system', () => {
    const root = temporaryFolder()
    for (const name of [...HOSTILE, 'é'.repeat(500)]) mkdirSync(join(root, channelFolder(name)))
    expect(readdirSync(root)).toHaveLength(HOSTILE.length + 1)
  })
})
