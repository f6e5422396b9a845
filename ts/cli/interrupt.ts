import process from 'node:process'

/** Ctrl-C, a polite kill, and the terminal being closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The exit code of a command that was interrupted. */
export const INTERRUPTED = 130

/**
 * Run `work` with a signal that fires at the first interruption, so that it can end cleanly. The second one ends the
 * process at once.
 * @param onFirst told of the first, to say what happens now
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  onFirst: () => void,
): Promise<T> {
  const controller = new AbortController()
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED)
    onFirst()
    controller.abort()
  }
  for (const name of SIGNALS) process.on(name, interrupt)
  try {
    return await work(controller.signal)
  } finally {
    for (const name of SIGNALS) process.off(name, interrupt)
  }
}
