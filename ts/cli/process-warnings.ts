/** Codes of warnings that are the library's own. */
const OWN = /^FRAMEWIRE_/

/**
 * From now on `tell` gets what the library warns of, in place of Node's own lines about it. Other warnings stay as they
 * are: Node's, or nobody's where it was told to leave them out.
 */
export function tellWarnings(
  tell: (code: string, message: string, detail: string | undefined) => void,
): void {
  const before = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', (warning: Error & { code?: unknown; detail?: string }) => {
    const { code, message, detail } = warning
    if (typeof code === 'string' && OWN.test(code)) tell(code, message, detail)
    else for (const listener of before) listener.call(process, warning)
  })
}
