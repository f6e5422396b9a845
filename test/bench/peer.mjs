import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/**
 * One peer of the benchmark: a process of its own that reads a line for each round and answers a line of JSON,
 * `{ seconds, cpuSeconds, rawBytes, ... }`. It starts once, so that no round pays for a start, and memory is its own.
 */
export class Peer {
  #child
  #answers
  #ended

  constructor(command, args, env = {}) {
    this.#child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    })
    this.#child.stdin.on('error', () => {}) // it has ended: round() says so
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', resolve)
    })
    this.#ended.catch(() => {})
    this.name = [command, ...args].join(' ')
  }

  /** Run one round; `message` says what of. */
  async round(message) {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`)
    const { value } = await this.#answers.next()
    if (value === undefined) throw new Error(`${this.name} ended (${await this.#ended}) without an answer`)
    return JSON.parse(value)
  }

  /** Let the process end. */
  async close() {
    this.#child.stdin.end()
    await this.#ended
  }
}

/** The other side, for peers that run on Node: answer each line with what `round` makes of it. */
export async function servePeer(round) {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await round(JSON.parse(line)))}\n`)
  }
}
