import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** How a process ended. */
export interface Ended {
  /** `null` where it was killed. */
  code: number | null
  /** What it told, line by line. */
  told: Told[]
  stderr: string
}

/** What a script of this folder tells of itself. */
export interface Told {
  /** A sender: its stream. */
  dataId?: string
  /** A sender: this chunk is in its journal. */
  journaled?: number
  /** A sender: how the stream ended, as JSON. */
  receipt?: object
  /** It stops itself now, until it is sent SIGCONT. */
  asleep?: true
  /** A server: it can be asked. */
  url?: string
  /** The steps that it took, by kind. */
  steps?: Record<string, number>
}

/** A process that counts its steps and does something to itself at some of them (`steps.mjs`). */
export class Counted {
  /** Those that have not ended: a test that fails leaves none behind. */
  static readonly running = new Set<Counted>()
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  readonly #told: Told[] = []
  readonly #waiting = new Set<() => void>()

  /**
   * @param script of this folder
   * @param task its argument; `crashAt` is the step at which it is killed
   */
  constructor(script: string, task: object) {
    const path = fileURLToPath(new URL(script, import.meta.url))
    const child = spawn(process.execPath, [path, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.child = child
    Counted.running.add(this)
    let [line, stderr] = ['', '']
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      const lines = (line + text).split('\n')
      line = lines.pop()!
      for (const whole of lines) this.#told.push(JSON.parse(whole))
      for (const look of this.#waiting) look()
    })
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => {
        Counted.running.delete(this)
        resolve({ code, told: this.#told, stderr })
        for (const look of this.#waiting) look()
      })
    })
  }

  /** Wait until it has told something of this kind; nothing where it ended before. */
  said<K extends keyof Told>(kind: K): Promise<Told[K] | undefined> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.#told.find((one) => one[kind] !== undefined)
        if (!found && this.child.exitCode === null && this.child.signalCode === null) return
        this.#waiting.delete(look)
        resolve(found?.[kind])
      }
      this.#waiting.add(look)
      look()
    })
  }
}

/** All steps of a process. */
export function total(steps: Record<string, number>): number {
  return Object.values(steps).reduce((sum, count) => sum + count, 0)
}
