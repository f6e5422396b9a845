import { fileURLToPath } from 'node:url'
import type { Link } from '../network.js'

/** The checks of `arv-test-0.8`, by name: whether the camera at the other end of the link passed, and what it said. */
export async function conformance(link: Link): Promise<Map<string, { passed: boolean; said: string }>> {
  const expectations = fileURLToPath(new URL('arv-test.cfg', import.meta.url))
  // Without a packet socket it loses packets of aravis's own fake camera too, to a small receive buffer.
  const test = link.run('here', 'arv-test-0.8', ['--packet-socket', '-c', expectations], {
    lifetimeMs: 120_000,
  })
  await test.ended()
  const checks = new Map<string, { passed: boolean; said: string }>()
  for (const line of test.lines) {
    const [, name, result, said = ''] = line.match(/^(\w+:\w+)\s+(SUCCESS|FAILURE)\s*(.*)$/) ?? []
    if (name) checks.set(name, { passed: result === 'SUCCESS', said })
  }
  if (checks.size === 0) throw new Error(`arv-test checked nothing:\n${test.lines.join('\n')}`)
  return checks
}
