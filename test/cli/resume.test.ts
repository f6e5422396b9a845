import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readFrames } from 'framewire/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Fault, startFaultProxy } from '../bad-input/fault-proxy.js'
import { folder, GROWTH, json, KEY, run, start, startServer, streamOf } from './command.js'

const pixels = readFileSync(GROWTH).subarray(-26 * 320 * 448)
const fast = ['--fps', '4', '--pace', 'none', '--json']

/** A server whose store takes nothing until it is told to, and a folder for journals. */
async function unwilling() {
  const server = await startServer()
  const proxied = { willing: false }
  const proxy = await startFaultProxy(server.url, ({ method }): Fault | undefined =>
    method === 'PUT' && !proxied.willing ? { do: 'answer', status: 503 } : undefined,
  )
  onTestFinished(() => proxy.close())
  const journal = join(folder(), 'journal')
  return { server, proxied, proxy, journal, env: { AS_API_KEY: KEY, AS_API_ENDPOINT: proxy.root } }
}

describe('resume', () => {
  it('sends what a stream that was not drained left in its journal, and ends it', async () => {
    const { server, proxied, journal, env } = await unwilling()
    const cut = await run(['stream', GROWTH, ...fast, '--journal', journal, '--drain-timeout', '0.3'], env)
    expect(cut.code).toBe(1)
    const { error, streams } = json(cut.stdout)
    expect(error).toMatchObject({ code: 'upload/undrained', details: { pending: [0, 1, 2, 3] } })
    const { receipt } = streams[0]!
    // Not lost, and the service does not take it for complete.
    expect(receipt).toMatchObject({ losses: { upload: 0, app: 0 }, finalized: false })
    const { dataId } = receipt
    expect((await streamOf(server.url, dataId)).endedAt).toBeUndefined()

    const listed = await run(['journal', 'ls', '--journal', journal])
    expect(listed.stdout).toMatch(new RegExp(`^${dataId} .*4 of 4 chunks not stored .*its end was asked for`))
    expect((await run(['journal', 'verify', '--journal', journal])).code).toBe(0)
    const kept = await run(['journal', 'rm', dataId, '--journal', journal])
    expect(kept.code).toBe(1)
    expect(kept.stderr).toMatch(/^framewire: journal\/needed: .*4 chunk/m)

    proxied.willing = true
    const resumed = await run(['resume', journal, '--json'], env)
    expect(resumed.stderr).toContain('4 of 4 chunks')
    expect(resumed.code).toBe(0)
    expect(json(resumed.stdout).streams[0]).toMatchObject({
      dataId,
      receipt: { finalized: true, totals: { framesStored: 26 } },
    })
    const stored = await readFrames(join(server.store, dataId), 0, 26)
    expect(Buffer.compare(stored, pixels)).toBe(0)
    expect((await streamOf(server.url, dataId)).endedAt).toBeDefined()
    expect(readdirSync(journal)).toEqual([])
    expect((await run(['resume', journal], env)).stdout).toMatch(/^nothing to resume/)
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    '%s leaves what is not stored in the journal, and says how to go on',
    async (signal, exitCode) => {
      const { server, proxied, journal, env } = await unwilling()
      const args = ['stream', GROWTH, '--fps', '4', '--journal', journal, '--json', '--verbose']
      const command = start(args, env)
      await command.said(/chunk 0 journaled/)
      command.child.kill(signal)
      const { code, stdout, stderr } = await command.ended
      expect(code).toBe(exitCode)
      const { dataId } = json(stdout).streams[0]!.receipt
      expect(stderr).toContain(`To send them: framewire resume ${JSON.stringify(journal)}`)

      proxied.willing = true
      const resumed = await run(['resume', journal, '--json'], env)
      expect(resumed.code).toBe(0)
      const { framesStored } = json(resumed.stdout).streams[0]!.receipt.totals
      expect(framesStored).toBeGreaterThan(0)
      const stored = await readFrames(join(server.store, dataId), 0, framesStored)
      expect(Buffer.compare(stored, pixels.subarray(0, framesStored * 320 * 448))).toBe(0)
    },
  )

  it('stores the chunks of a stream that was killed, and ends it only when told to', async () => {
    const { server, proxied, journal, env } = await unwilling()
    const command = start(['stream', GROWTH, '--fps', '4', '--journal', journal, '--verbose'], env)
    await command.said(/chunk 0 journaled/)
    command.child.kill('SIGKILL')
    await command.ended
    const [dataId] = readdirSync(journal) as [string]

    proxied.willing = true
    const open = await run(['resume', journal], env)
    expect(open.stdout).toMatch(/1 of 1 stored; not ended/)
    expect(open.code).toBe(0)
    expect((await streamOf(server.url, dataId)).endedAt).toBeUndefined()
    const ended = await run(['resume', journal, '--end', '--json'], env)
    expect(json(ended.stdout).streams[0]!.receipt.totals).toMatchObject({ framesStored: 8 })
    expect((await streamOf(server.url, dataId)).endedAt).toBeDefined()
    expect(existsSync(join(journal, dataId))).toBe(false)
  })

  it('refuses a journal that is in use, naming the process', async () => {
    const { journal, env } = await unwilling()
    const command = start(['stream', GROWTH, '--fps', '4', '--journal', journal, '--verbose'], env)
    onTestFinished(() => void command.child.kill('SIGKILL'))
    await command.said(/chunk 0 journaled/)
    const second = await run(['resume', journal], env)
    expect(second.code).toBe(1)
    expect(second.stderr).toContain(`in use by process ${command.child.pid}`)
  })

  it('names a journal that is damaged, and resumes the others', async () => {
    const { proxied, journal, env } = await unwilling()
    await run(['stream', GROWTH, ...fast, '--journal', journal, '--drain-timeout', '0.3'], env)
    const damaged = join(journal, '00000000-0000-4000-8000-000000000000')
    mkdirSync(damaged)
    writeFileSync(join(damaged, 'log'), 'no log at all\n')
    proxied.willing = true
    const { code, stdout, stderr } = await run(['resume', journal, '--json'], env)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^framewire: journal\/damaged: /m)
    const whole = json(stdout).streams.filter(({ receipt }) => receipt?.totals.framesStored === 26)
    expect(whole).toHaveLength(1)
    expect(readFileSync(join(damaged, 'log'), 'utf8')).toBe('no log at all\n')
  })
})

describe('recover', () => {
  it('gets the frames out of a journal with no server, as .npy and as .zarr', async () => {
    const { server, proxied, journal, env } = await unwilling()
    const args = ['stream', GROWTH, ...fast, '--journal', journal, '--drain-timeout', '0.3']
    const { dataId } = json((await run(args, env)).stdout).streams[0]!.receipt
    server.child.kill('SIGKILL')
    proxied.willing = true

    const out = join(folder(), 'recovered.npy')
    const recovered = await run(['recover', join(journal, dataId), '--out', out, '--json'])
    expect(recovered.stderr).toContain('chunk 3: 2 frames')
    expect(recovered.code).toBe(0)
    expect(JSON.parse(recovered.stdout)).toMatchObject({
      frames: 26,
      chunks: [0, 1, 2, 3],
      storedElsewhere: 0,
    })
    // The very file that was streamed: same header, same pixels.
    const informed = await run(['info', out, '--json'])
    expect(JSON.parse(informed.stdout)).toMatchObject({ frames: 26, height: 320, width: 448 })
    expect(Buffer.compare(readFileSync(out).subarray(-26 * 320 * 448), pixels)).toBe(0)

    const zarr = join(folder(), 'recovered.zarr')
    expect((await run(['recover', join(journal, dataId), '--out', zarr])).code).toBe(0)
    expect(readdirSync(zarr).sort()).toEqual(['frames', 'present', 'time_unix_ms', 'zarr.json'])
    expect(readdirSync(dirname(zarr))).toEqual(['recovered.zarr'])
    // Nothing of the journal has changed.
    expect((await run(['journal', 'verify', '--journal', journal])).code).toBe(0)
    const again = await run(['recover', join(journal, dataId), '--out', zarr])
    expect(again.code).toBe(2)
    expect(again.stderr).toContain('exists already')
  })
})
