/** The exit code of a command that was interrupted: 128 and the number of the signal, as a shell has it. */
export type InterruptedCode = 129 | 130 | 143

/**
 * Run `work` with a signal that fires at the first interruption (Ctrl-C, a polite kill, the terminal being closed), so
 * that it can end cleanly; then `exitCode` answers the exit code. The second one ends the process at once.
 * @param onFirst told of the first, to say what happens now; `again`: what the second one does
 */
export async function interruptible<T>(
  work: (signal: AbortSignal, exitCode: () => InterruptedCode) => Promise<T>,
  onFirst: (again: string) => void,
): Promise<T> {
  const controller = new AbortController()
  let code: InterruptedCode = 130
  const interruption = (byThis: InterruptedCode, name: string) => () => {
    if (controller.signal.aborted) process.exit(code)
    code = byThis
    onFirst(`${name} again ends at once.`)
    controller.abort()
  }
  // Who starts a command with `nohup` means it to outlive the terminal, but Node undoes that at its start.
  const hasTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  const listeners: [NodeJS.Signals, () => void][] = [
    ['SIGINT', interruption(130, 'Ctrl-C')],
    ['SIGTERM', interruption(143, 'SIGTERM')],
    ['SIGHUP', hasTerminal ? interruption(129, 'SIGHUP') : () => {}],
  ]
  for (const [name, listener] of listeners) process.on(name, listener)
  try {
    return await work(controller.signal, () => code)
  } finally {
    for (const [name, listener] of listeners) process.off(name, listener)
  }
}
