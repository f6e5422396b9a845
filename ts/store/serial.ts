/** Runs tasks one after the other, in the order they came; a task that fails does not stop the next. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve()

  /** Run `task` when all tasks before it have ended. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task, task)
    this.#last = result.catch(() => {})
    return result
  }
}
