import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Fault, startFaultProxy } from '../bad-input/fault-proxy.js'
import { folder, GROWTH, json, KEY, run, start, startServer } from './command.js'

/** The pixels of the growth: the file's last bytes. */
export const PIXELS = readFileSync(GROWTH).subarray(-26 * 320 * 448)

/** A service that refuses shards and points, and a folder for journals of what it does not take. */
export async function unwilling({ status = 503, refusals = Number.POSITIVE_INFINITY } = {}) {
  const server = await startServer()
  /** How many of them are still refused. */
  const service = { refusals }
  const proxy = await startFaultProxy(server.url, ({ method, target }): Fault | undefined =>
    (method === 'PUT' || target.startsWith('/tool-state/stream/chunk')) && service.refusals-- > 0
      ? { do: 'answer', status }
      : undefined,
  )
  onTestFinished(() => proxy.close())
  const journal = join(folder(), 'journal')
  const env = { AS_API_KEY: KEY, AS_API_ENDPOINT: proxy.root }

  return {
    server,
    service,
    journal,
    env,
    /** Where streams are left that this service does not take. */
    place: { endpoint: proxy.root, journal },
    /** Stream the growth to its end, and wait no longer than this. Answers how that ended. */
    async stream(drainSeconds = '0.3') {
      const args = ['--pace', 'none', '--journal', journal, '--drain-timeout', drainSeconds, '--json']
      const ended = await run(['stream', GROWTH, '--fps', '4', ...args], env)
      const { error, streams } = json(ended.stdout)
      return { ...ended, error, receipt: streams[0]!.receipt, dataId: streams[0]!.receipt.dataId }
    },
    /** Kill a stream that has journaled its first chunk of 8 frames. Answers its id. */
    async killed(): Promise<string> {
      const command = start(['stream', GROWTH, '--fps', '4', '--journal', journal, '--verbose'], env)
      await command.said(/chunk 0 journaled/)
      command.child.kill('SIGKILL')
      await command.ended
      return readdirSync(journal)[0]!
    },
  }
}
