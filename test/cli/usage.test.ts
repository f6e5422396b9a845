import { readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLI, folder, GROWTH, json, npy, run } from './command.js'

/** A service that must never hear of a command that is refused. */
let service: Server
let connections = 0
let endpoint = ''

beforeAll(async () => {
  service = createServer((socket) => {
    connections++
    socket.destroy()
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
})

afterAll(() => new Promise((resolve) => service.close(resolve)))

describe('help', () => {
  it.each([
    ['stream'],
    ['resume'],
    ['recover'],
    ['journal'],
    ['serve'],
    ['verify'],
    ['info'],
    ['discover'],
    ['doctor'],
    ['grab'],
    ['features'],
    ['force-ip'],
  ])('shows examples of %s on stdout', async (command) => {
    const { code, stdout, stderr } = await run([command, '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain(`Usage: framewire ${command}`)
    expect(stdout).toContain('Examples:\n  $ framewire')
    expect(stderr).toBe('')
  })

  it('shows an option among those of its kind', async () => {
    const { stdout } = await run(['journal', 'rm', '--help'])
    expect(stdout).toMatch(/^The journals:\n {2}--journal .*\n(?: {3,}.*\n)? {2}--force /m)
  })

  it('shows the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it('is shown, as an error, where no command was given', async () => {
    const { code, stdout, stderr } = await run([])
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain('Usage: framewire')
  })

  it('is what the built file can give by itself: it has an interpreter line', () => {
    expect(readFileSync(CLI, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
  })
})

describe('a command line that cannot be meant', () => {
  const growth = ['stream', GROWTH]
  it.each<[string, string[], string, RegExp]>([
    ['an unknown command', ['strem'], 'usage', /unknown command 'strem'.*framewire --help/],
    ['an unknown option', ['info', GROWTH, '--jsn'], 'usage', /'--jsn'.*framewire info --help/],
    ['no file', ['stream', '--fps', '4'], 'usage', /missing required argument/],
    ['no rate', growth, 'usage', /--fps/],
    [
      'no stream',
      ['journal', 'show'],
      'usage',
      /missing required argument 'id'.*framewire journal show --help/,
    ],
    [
      'a stream to a list',
      ['journal', 'ls', 'id'],
      'usage',
      /too many arguments.*framewire journal ls --help/,
    ],
    ['an id that a script left empty', ['resume', '--stream', ''], 'usage', /--stream.*id of a stream/],
    [
      'no time at all',
      [...growth, '--fps', '4', '--drain-timeout', '-1'],
      'usage',
      /--drain-timeout.*0 or more/,
    ],
    ['a rate that is no number', [...growth, '--fps', 'fast'], 'usage', /--fps.*Expected a number/],
    ['a rate of 0', [...growth, '--fps', '0'], 'stream/option', /fps must be .*above 0.*--fps/],
    ['a rate that is not a number at all', [...growth, '--fps', 'NaN'], 'usage', /--fps/],
    ['negative rotations', [...growth, '--fps', '4', '--rpm', '-1'], 'stream/option', /--rpm/],
    [
      'chunks under two seconds',
      [...growth, '--fps', '4', '--chunk-size', '7'],
      'stream/option',
      />= 8.*--chunk-size/,
    ],
    ['part of a frame', [...growth, '--fps', '4', '--chunk-size', '8.5'], 'usage', /--chunk-size/],
    ['an unknown pace', [...growth, '--fps', '4', '--pace', 'fast'], 'usage', /--pace.*capture, none/],
    ['an unknown scale', [...growth, '--fps', '4', '--scale', '9:1'], 'usage', /--scale.*lo <= hi/],
    [
      'a range for 8-bit frames',
      [...growth, '--fps', '4', '--scale', '0:9'],
      'frames/conversion',
      /8-bit.*--scale/,
    ],
    ['an unknown gray', [...growth, '--fps', '4', '--gray', 'red'], 'usage', /--gray.*mean, luma/],
    ['no bytes', [...growth, '--fps', '4', '--memory-budget', 'lots'], 'usage', /--memory-budget.*800MB/],
    ['no workers', [...growth, '--fps', '4', '--max-workers', '0'], 'stream/option', /--max-workers/],
    ['a shape without a type', [...growth, '--fps', '4', '--shape', '8,8'], 'usage', /--shape and --dtype/],
    [
      'a journal that is kept and is none',
      [...growth, '--fps', '4', '--keep', '--no-journal'],
      'usage',
      /--keep.*--no-journal/,
    ],
    ['an offset alone', [...growth, '--fps', '4', '--offset', '8'], 'usage', /--offset/],
    [
      'an endpoint that is none',
      [...growth, '--fps', '4', '--endpoint', 'lab'],
      'stream/option',
      /--endpoint/,
    ],
    [
      'an azimuth that turns',
      [...growth, '--fps', '4', '--rpm', '9', '--azimuth', 'a'],
      'stream/option',
      /--azimuth/,
    ],
    ['a key for nobody', ['serve', '--no-auth', '--api-key', 'key'], 'usage', /--no-auth.*--api-key/],
    ['a port out of range', ['serve', '--port', '65536'], 'server/option', /--port/],
    ['a file without a comparison', ['verify', 'store/id', '--scale', 'full'], 'usage', /--against/],
    ['an info of nothing', ['info'], 'usage', /missing required argument.*--camera/],
    ['an info of two things', ['info', GROWTH, '--camera', 'C1'], 'usage', /either a file or --camera/],
    ['a grab to nowhere', ['grab'], 'usage', /--out/],
    ['a grab of no frame', ['grab', '-o', 'a.png', '--count', '0'], 'usage', /--count.*above 0/],
    ['a grab to a strange file', ['grab', '-o', 'a.jpg'], 'usage', /\.npy, \.png, \.tif or \.csv/],
    ['a grab over a file', ['grab', '-o', GROWTH], 'usage', /exists already/],
    ['a feature to nothing', ['features', 'set', 'Width'], 'usage', /NAME=VALUE/],
    ['features of nothing', ['features', 'get'], 'usage', /missing required argument.*features get --help/],
    ['an address that is none', ['discover', '--address', 'lab'], 'gige/option', /--address.*IPv4/],
    ['a camera without a MAC', ['force-ip', '198.18.0.7'], 'usage', /missing required argument 'address'/],
  ])('%s', async (_, args, code, message) => {
    const heardBefore = connections
    const env = { FRAMEWIRE_API_KEY: 'key', AS_API_ENDPOINT: endpoint }
    const ended = await run([...args, '--json'], env)
    expect(ended.code).toBe(2)
    const { ok, error } = json(ended.stdout)
    expect(ok).toBe(false)
    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
    expect(ended.stderr).toBe(`framewire: ${code}: ${error.message}\n`)
    expect(connections).toBe(heardBefore)
  })

  it('a stream without a key', async () => {
    const { code, stdout, stderr } = await run(['stream', GROWTH, '--fps', '4', '--endpoint', endpoint])
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^framewire: usage: give an API key: .*FRAMEWIRE_API_KEY.*\n$/)
  })
})

describe('a recording that cannot be streamed as stated', () => {
  const env = () => ({ AS_API_KEY: 'key', AS_API_ENDPOINT: endpoint })

  it.each<[string, Buffer, number, string, RegExp]>([
    [
      '16 bit without a scale',
      npy('<u2', [9, 4, 5], new Uint16Array(180)),
      2,
      'frames/scale-required',
      /--scale/,
    ],
    [
      'colour without a way to gray',
      npy('|u1', [9, 4, 20, 3], new Uint8Array(2160)),
      2,
      'frames/gray-required',
      /--gray/,
    ],
    ['cut short', npy('|u1', [9, 4, 5], new Uint8Array(179)), 1, 'frames/file-truncated', /cut short/],
    ['no recording', Buffer.from('dear diary'), 1, 'frames/file-format', /not what its name says/],
  ])('%s', async (_, content, code, errorCode, message) => {
    const file = join(folder(), 'rec.npy')
    writeFileSync(file, content)
    const heardBefore = connections
    // Sound files before it are not sent either.
    const ended = await run(['stream', GROWTH, file, '--fps', '4'], env())
    expect(ended.stderr).toMatch(new RegExp(`^framewire: ${errorCode}: .*rec\\.npy.*\\n$`))
    expect(ended.stderr).toMatch(message)
    expect(ended.stdout).toBe('')
    expect(ended.code).toBe(code)
    expect(connections).toBe(heardBefore)
  })

  it('is not there', async () => {
    const ended = await run(['stream', join(folder(), 'none.npy'), '--fps', '4'], env())
    expect(ended.code).toBe(1)
    expect(ended.stderr).toMatch(/^framewire: frames\/file-missing: .*none\.npy.*\n$/)
  })
})
