/** Answers of a worker that are waited for: each settles, if only because the worker is gone. */
export class PendingAnswers {
  readonly #rejects = new Set<(reason: unknown) => void>()
  #ended: { reason: unknown } | undefined

  /** Settles as `answer` does, or rejects once no answer comes any more. Nothing is kept of one that has settled. */
  async of<T>(answer: Promise<T>): Promise<T> {
    let reject: (reason: unknown) => void = () => {}
    try {
      // Not a race with one promise for all: that would keep what each of them answered for as long as it lives.
      return await new Promise<T>((resolve, onReject) => {
        reject = onReject
        this.#rejects.add(reject)
        answer.then(resolve, reject)
        if (this.#ended) reject(this.#ended.reason)
      })
    } finally {
      this.#rejects.delete(reject)
    }
  }

  /** No answer comes any more: whoever waits is told `reason`, and whoever asks from now on; the first one counts. */
  end(reason: unknown): void {
    this.#ended ??= { reason }
    for (const reject of this.#rejects) reject(this.#ended.reason)
  }
}
