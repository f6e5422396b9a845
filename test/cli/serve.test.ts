import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { folder, json, KEY, run, start, startServer } from './command.js'

const get = (url: string, key?: string) =>
  fetch(url, { headers: key === undefined ? {} : { 'x-api-key': key } })

describe('serve', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'says where it is, makes up a key, and stops at %s',
    async (signal) => {
      const store = join(folder(), 'store')
      const server = start(['serve', '--port', '0', '--store', store, '--json'])
      const [line] = await server.said(/^\{"ok".*\}$/m)
      const { ok, url, store: shown, apiKey, ...more } = JSON.parse(line)
      expect({ ok, shown, more }).toEqual({ ok: true, shown: store, more: {} })
      expect((await get(`${url}/health`)).status).toBe(200)
      expect((await get(`${url}/tags/`, apiKey)).status).toBe(200)
      expect((await get(`${url}/tags/`, 'another')).status).toBe(401)
      expect((await get(`${url}/tags/`)).status).toBe(401)

      server.child.kill(signal)
      const { code, stdout } = await server.ended
      expect(code).toBe(0)
      expect(json(stdout).url).toBe(url)
      await expect(get(`${url}/health`)).rejects.toThrow()
      expect(existsSync(store)).toBe(true)
    },
  )

  it('prints its address for a person', async () => {
    const server = start(['serve', '--port', '0', '--store', join(folder(), 'store')])
    const [, url] = await server.said(/^Address +(http:\/\/127\.0\.0\.1:\d+)$/m)
    const [, key] = await server.said(/^API key +([0-9a-f]{32}) /m)
    expect((await get(`${url}/tags/`, key)).status).toBe(200)
    server.child.kill('SIGINT')
    expect((await server.ended).code).toBe(0)
  })

  it.each([
    ['by option', ['--api-key', 'secret'], {}],
    ['by environment', [], { FRAMEWIRE_API_KEY: 'secret' }],
  ])('takes a key %s and does not show it', async (_, options, env) => {
    const server = start(
      ['serve', '--port', '0', '--store', join(folder(), 'store'), '--json', ...options],
      env as Record<string, string>,
    )
    const [line] = await server.said(/^\{"ok".*\}$/m)
    const { url } = JSON.parse(line)
    expect((await get(`${url}/tags/`, 'secret')).status).toBe(200)
    server.child.kill('SIGTERM')
    const { stdout, stderr } = await server.ended
    expect(stdout + stderr).not.toContain('secret')
  })

  it('asks for no key after --no-auth alone', async () => {
    const server = start(['serve', '--port', '0', '--store', join(folder(), 'store'), '--json', '--no-auth'])
    const [line] = await server.said(/^\{"ok".*\}$/m)
    const { url, apiKey } = JSON.parse(line)
    expect(apiKey).toBeUndefined()
    expect((await get(`${url}/tags/`)).status).toBe(200)
    server.child.kill('SIGTERM')
    await server.ended
  })

  it('fails where the port is taken', async () => {
    const { url } = await startServer()
    const port = new URL(url).port
    const ended = await run([
      'serve',
      '--port',
      port,
      '--store',
      join(folder(), 'store'),
      '--json',
      '--no-auth',
    ])
    expect(ended.code).toBe(1)
    expect(json(ended.stdout).error.code).toBe('server/option')
    expect(ended.stderr).toMatch(/^framewire: server\/option: .*EADDRINUSE.*--port\)\n$/)
  })

  it('fails where another server has the store', async () => {
    const { store, child } = await startServer()
    const ended = await run(['serve', '--port', '0', '--store', store], { FRAMEWIRE_API_KEY: KEY })
    expect(ended.code).toBe(1)
    expect(ended.stdout).toBe('')
    expect(ended.stderr).toContain(`framewire: server/store: Another server (process ${child.pid})`)
  })
})
