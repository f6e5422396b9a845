/** The exit code of a command that was interrupted. */
export const INTERRUPTED = 130

/**
 * Run `work` with a signal that fires at the first interruption (Ctrl-C, a polite kill, the terminal being closed), so
 * that it can end cleanly. The second one ends the process at once.
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
  // Who starts a command with `nohup` means it to outlive the terminal, but Node undoes that at its start.
  const hasTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  const listeners: [NodeJS.Signals, () => void][] = [
    ['SIGINT', interrupt],
    ['SIGTERM', interrupt],
    ['SIGHUP', hasTerminal ? interrupt : () => {}],
  ]
  for (const [name, listener] of listeners) process.on(name, listener)
  try {
    return await work(controller.signal)
  } finally {
    for (const [name, listener] of listeners) process.off(name, listener)
  }
}
