import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe } from 'vitest'
import { type NumpyArray, parseNpy } from './npy.js'

/** The interpreter that has the packages of requirements.txt. */
const interpreter = process.env.FRAMEWIRE_PYTHON

/** No way out of this machine for what Python starts, whatever it is given. */
const environment = {
  ...process.env,
  HTTP_PROXY: '',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  NO_PROXY: '127.0.0.1',
}

/**
 * `describe` for suites that need the Python packages: without `FRAMEWIRE_PYTHON` they are skipped with a word why,
 * and fail where `CI=true`.
 */
export function describeWithPython(name: string, suite: () => void): void {
  if (interpreter) return void describe(name, suite)
  const why = 'FRAMEWIRE_PYTHON is not set; `npm test` sets it up (test/interop/requirements.txt)'
  if (process.env.CI === 'true') throw new Error(`${name}: ${why}`)
  console.warn(`skipped: ${name}: ${why}`)
  describe.skip(`${name} (skipped: ${why})`, suite)
}

/** Start a script of this folder; `env` is added to the environment. */
function start(script: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const path = fileURLToPath(new URL(script, import.meta.url))
  return spawn(interpreter!, [path, ...args], {
    env: { ...environment, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}

/**
 * Run a script of this folder with a task to its end; answers the JSON of its last line. A script that waits after its
 * lines goes on when `onLine` has resolved.
 */
export async function runPython<Answer>(
  script: string,
  task: object,
  {
    env,
    onLine = async () => {},
  }: { env?: Record<string, string>; onLine?: (line: string) => Promise<void> } = {},
): Promise<Answer> {
  const child = start(script, [JSON.stringify(task)], env)
  child.stdin!.on('error', () => {}) // it may have ended without waiting
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  let last = 'null'
  for await (const line of createInterface({ input: child.stdout! })) {
    last = line
    await onLine(line)
    child.stdin!.write('\n')
  }
  const code = await ended
  if (code !== 0) throw new Error(`${script} ended with ${code}; its last line: ${last}`)
  return JSON.parse(last)
}

type Attributes = Record<string, unknown>

/** A Zarr array as zarr-python read it. */
export interface ReadArray extends NumpyArray {
  /** Shape of its outer chunks. */
  chunks: number[]
  attributes: Attributes
}

/** A Zarr group as zarr-python read it; what lies in it goes by its path. */
export interface ReadGroup {
  attributes: Attributes
  groups: Map<string, Attributes>
  arrays: Map<string, ReadArray>
}

/** An answer of reader.py. */
interface Answer {
  error?: string
  attributes: Attributes
  groups: Record<string, Attributes>
  arrays: Record<string, { chunks: number[]; attributes: Attributes; file: string }>
}

/** A zarr-python that stays, for reading group after group; started by the first read. */
export class ZarrPython {
  #child: ChildProcess | undefined
  #lines: AsyncIterator<string> | undefined

  /** Read a whole group; throws what zarr-python throws. Call it again only when it has answered. */
  async read(group: string): Promise<ReadGroup> {
    const into = mkdtempSync(join(tmpdir(), 'framewire-read-'))
    try {
      this.#child ??= start('reader.py', [])
      this.#lines ??= createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]()
      this.#child.stdin!.write(`${JSON.stringify({ group, into })}\n`)
      const { value } = await this.#lines.next()
      const answer: Answer = JSON.parse(value ?? '{"error": "the reader has ended"}')
      if (answer.error) throw new Error(`zarr-python: ${answer.error}`)
      const { attributes, groups, arrays } = answer
      return {
        attributes,
        groups: new Map(Object.entries(groups)),
        arrays: new Map(
          Object.entries(arrays).map(([path, { file, ...traits }]) => [
            path,
            { ...parseNpy(readFileSync(file)), ...traits },
          ]),
        ),
      }
    } finally {
      rmSync(into, { recursive: true, force: true })
    }
  }

  /** End the process. */
  close(): void {
    this.#child?.stdin?.end()
  }
}
