import { PendingAnswers } from '../core/pending-answers.js'
import { startThread, type Thread, type WorkerFiles } from '../core/thread.js'
import { nodeThreads } from '../core/threads-node.js'
import { FramewireError, hasCode } from '../errors.js'
import type { CheckedShard, Checker, ShardChecker, ShardClaim } from './checker.js'

interface Started {
  thread: Thread<ShardChecker>
  /** They end when the thread does, in whatever way. */
  answers: PendingAnswers
  end(reason: unknown): Promise<void>
}

/** Checks shards in a worker thread; a thread that is lost or broken is replaced for the next shard. */
export class CheckingThread implements Checker {
  readonly #files: WorkerFiles
  #started: Promise<Started> | undefined

  constructor(files: WorkerFiles = {}) {
    this.#files = files
  }

  /** Start the worker, if it is not there. Throws `core/load`. */
  async start(): Promise<void> {
    await this.#start()
  }

  async check(path: string, claim: ShardClaim): Promise<CheckedShard> {
    const { thread, answers, end } = await this.#start()
    try {
      return await answers.of(thread.commands.check(path, claim))
    } catch (error) {
      // A core that failed may have left its memory broken.
      if (hasCode(error, 'core/internal')) await end(error)
      throw error
    }
  }

  async close(): Promise<void> {
    const started = await this.#started?.catch(() => undefined)
    await started?.end(new Error('the server was closed'))
  }

  #start(): Promise<Started> {
    this.#started ??= this.#open().catch((error) => {
      this.#started = undefined
      throw error
    })
    return this.#started
  }

  async #open(): Promise<Started> {
    const thread = await startThread<ShardChecker>(nodeThreads(this.#files), 'checking')
    const answers = new PendingAnswers()
    const end = async (reason: unknown) => {
      this.#started = undefined
      answers.end(lostWorker(reason))
      await thread.terminate()
    }
    thread.lost.then(end)
    return { thread, answers, end }
  }
}

function lostWorker(reason: unknown): FramewireError {
  return new FramewireError(
    'core/internal',
    'The checking worker ended while it held this shard. Send the shard again.',
    { reason: String(reason) },
    { cause: reason },
  )
}
