import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Receipt } from 'framewire'
import type { FrameStream } from 'framewire/server'
import { onTestFinished } from 'vitest'

/** The built command. */
export const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** A real growth: 26 frames of 320 x 448, uint8. */
export const GROWTH = fileURLToPath(
  new URL('../fixtures/growth/sb-deposition-26x320x448-u8.npy', import.meta.url),
)

/** Where commands keep what is the user's: never the real place. */
const DATA_HOME = mkdtempSync(join(tmpdir(), 'framewire-data-'))
process.on('exit', () => rmSync(DATA_HOME, { recursive: true, force: true }))

/** How a command ended. */
export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** A command under way. */
export interface Running {
  child: ChildProcess
  ended: Promise<Ended>
  /** Resolves when stdout and stderr together match; rejects when the command ends without. */
  said(pattern: RegExp): Promise<RegExpExecArray>
}

/** Start `framewire ...args`; the environment has no key and no endpoint but those of `env`. */
export function start(args: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [CLI, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, XDG_DATA_HOME: DATA_HOME, ...env },
  })
  const out = { stdout: '', stderr: '' }
  const listeners = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      out[name] += text
      for (const listener of listeners) listener()
    })
  }
  const ended = once(child, 'close').then(([code]) => ({ code, ...out }))
  return {
    child,
    ended,
    async said(pattern) {
      const found = new Promise<RegExpExecArray>((resolve) => {
        const look = () => {
          const match = pattern.exec(out.stdout + out.stderr)
          if (!match) return
          listeners.delete(look)
          resolve(match)
        }
        listeners.add(look)
        look()
      })
      const over = ended.then((end): never => {
        throw new Error(`ended without ${pattern}: ${JSON.stringify(end)}`)
      })
      return Promise.race([found, over])
    },
  }
}

/** Run `framewire ...args` to its end. */
export function run(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return start(args, env).ended
}

/** Where to say what is to be undone: after the test, or after all of a file's. */
export type Undo = (undo: () => void | Promise<void>) => void

/** A folder that is gone after the test. */
export function folder(undo: Undo = onTestFinished): string {
  const path = mkdtempSync(join(tmpdir(), 'framewire-cli-'))
  undo(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** What `--json` prints, of every command that the tests look at. */
export interface Result {
  ok: boolean
  url: string
  error: { code: string; message: string; details: Record<string, unknown> }
  streams: {
    file: string
    frames: number
    receipt: Receipt
    dataId: string
    error?: { code: string; message: string }
  }[]
  interrupted: boolean
  notStreamed: string[]
  equalFrames: number
  problems: unknown[]
}

/** The one line of JSON on a command's stdout. */
export function json(stdout: string): Result {
  const lines = stdout.split('\n')
  if (lines.length !== 2 || lines[1] !== '') throw new Error(`not one line of JSON: ${stdout}`)
  return JSON.parse(lines[0]!) as Result
}

/** A server process of its own, on a free port, with an empty store. */
export async function startServer(undo: Undo = onTestFinished) {
  const store = join(folder(undo), 'store')
  const args = ['serve', '--port', '0', '--store', store, '--json']
  const server = start(args, { FRAMEWIRE_API_KEY: KEY })
  undo(async () => {
    server.child.kill('SIGKILL')
    await server.ended
  })
  const [line] = await server.said(/^\{"ok".*\}$/m)
  const { url } = JSON.parse(line) as { url: string }
  return { ...server, store, url, env: { FRAMEWIRE_API_KEY: KEY, AS_API_ENDPOINT: url } }
}

/** The key of the servers that tests start. */
export const KEY = 'key-of-the-tests'

/** What the server says of its streams, in order of creation. */
export function streamsOf(url: string): Promise<FrameStream[]> {
  return ask(`${url}/framewire/v1/streams`)
}

/** What the server says of one of them. */
export function streamOf(url: string, id: string): Promise<FrameStream> {
  return ask(`${url}/framewire/v1/streams/${id}`)
}

/** The JSON that a server of the tests answers. */
export async function ask<T>(url: string): Promise<T> {
  const answer = await fetch(url, { headers: { 'x-api-key': KEY } })
  return (await answer.json()) as T
}

/** A .npy file of this content, little-endian, C order. */
export function npy(
  descr: '|u1' | '<u2',
  shape: readonly number[],
  values: Uint8Array | Uint16Array,
): Buffer {
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`
  const header = `${dict.padEnd(117)}\n`
  const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0])
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  return Buffer.concat([start, Buffer.from(header, 'latin1'), bytes])
}
