import type { End, Link } from '../gige/network.js'
import { CLI } from './command.js'

/** How a command at an end of a link ended. */
export interface Ended {
  code: number | null
  lines: readonly string[]
}

/** Run `framewire ...args` at an end of a link, to its end. */
export async function runAt(link: Link, end: End, ...args: string[]): Promise<Ended> {
  const running = link.run(end, process.execPath, [CLI, ...args])
  const code = await running.ended()
  return { code, lines: running.lines }
}

/** The same with `--json`: what it printed on stdout. */
export async function askAt<T>(link: Link, end: End, ...args: string[]): Promise<T & { ok: boolean }> {
  const { lines } = await runAt(link, end, ...args, '--json', '--quiet')
  const found = lines.filter((line) => line.startsWith('{'))
  if (found.length !== 1) throw new Error(`framewire ${args.join(' ')} printed:\n${lines.join('\n')}`)
  return JSON.parse(found[0]!) as T & { ok: boolean }
}

/** Run a line that the doctor gave, as root that needs no sudo. */
export async function mend(link: Link, end: End, line: string): Promise<void> {
  const functions = `sudo() { "$@"; }; framewire() { '${process.execPath}' '${CLI}' "$@"; }`
  const running = link.run(end, 'sh', ['-c', `${functions}; ${line}`])
  const code = await running.ended()
  if (code !== 0) throw new Error(`${line} ended with ${code}:\n${running.lines.join('\n')}`)
}

/** Run `framewire ...args` as a user with no rights of root's, to its end. */
export async function runAsNobody(link: Link, end: End, ...args: string[]): Promise<Ended> {
  const rights = ['--reuid=65534', '--clear-groups', '--inh-caps=-all']
  const running = link.run(end, 'setpriv', [...rights, process.execPath, CLI, ...args])
  const code = await running.ended()
  return { code, lines: running.lines }
}
