import { afterEach, describe, expect, it } from 'vitest'
import { fetchTransport } from '../../../ts/upload/fetch.js'
import { certainlyUnsent } from '../../../ts/upload/http.js'
import { hangUp, Loopback } from './loopback.js'

const servers: Loopback[] = []
async function serve(reply?: Loopback['reply']): Promise<Loopback> {
  const server = await new Loopback(reply).start()
  servers.push(server)
  return server
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => error,
  )

describe('the transport on fetch', () => {
  it('answers for every status, with lower-case header names', async () => {
    const server = await serve(() => ({
      status: 503,
      headers: { 'Retry-After': '3', ETag: '"x"' },
      body: 'later',
    }))
    const answer = await fetchTransport({ method: 'GET', url: `${server.root}/a` })
    expect(answer).toMatchObject({ status: 503, text: 'later', headers: { 'retry-after': '3', etag: '"x"' } })
  })

  it.each([
    ['parts', [new Uint8Array([0, 1]), new Uint8Array([254, 255])]],
    ['a Blob', new Blob([new Uint8Array([0, 1]), new Uint8Array([254, 255])], { type: 'image/png' })],
  ])('puts %s with an empty content type and a length', async (_, body) => {
    const server = await serve()
    await fetchTransport({
      method: 'PUT',
      url: `${server.root}/k?sig=a%2Fb`,
      headers: { 'content-type': '' },
      body,
    })
    const { method, target, headers, bytes } = server.seen[0]!
    expect([method, target]).toEqual(['PUT', '/k?sig=a%2Fb'])
    expect(headers['content-type']).toBe('')
    expect(headers['content-length']).toBe('4')
    expect([...bytes]).toEqual([0, 1, 254, 255])
  })

  it('says upload/unreachable for a connection that is refused, and that nothing was sent', async () => {
    const server = await serve()
    await server.stop()
    const error = await failure(fetchTransport({ method: 'PUT', url: `${server.root}/k?X-Signature=secret` }))
    expect(error).toMatchObject({
      code: 'upload/unreachable',
      details: { method: 'PUT', url: `${server.root}/k` },
    })
    expect(error.message).toContain('ECONNREFUSED')
    expect(JSON.stringify([error.message, error.details])).not.toContain('secret')
    expect(certainlyUnsent(error)).toBe(true)
  })

  it('says upload/unreachable for an answer that was cut, and that it may have been sent', async () => {
    const server = await serve(() => hangUp)
    const error = await failure(fetchTransport({ method: 'POST', url: server.root, body: '{}' }))
    expect(error.code).toBe('upload/unreachable')
    expect(error.cause).toBeInstanceOf(Error)
    expect(certainlyUnsent(error)).toBe(false)
  })

  it('says upload/unreachable for a body that was cut', async () => {
    const server = await serve(() => (_, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half')
      setImmediate(() => response.destroy())
    })
    const error = await failure(fetchTransport({ method: 'GET', url: server.root }))
    expect(error.code).toBe('upload/unreachable')
  })

  it('says upload/unreachable when the time is over', async () => {
    const server = await serve(() => () => undefined)
    const error = await failure(fetchTransport({ method: 'GET', url: server.root, timeoutMs: 50 }))
    expect(error.code).toBe('upload/unreachable')
    expect(error.message).toContain('no answer within 0.05 s')
  })

  it('says stream/aborted when the signal fires, before or during the request', async () => {
    const server = await serve(() => () => undefined)
    const stop = new AbortController()
    const during = failure(fetchTransport({ method: 'GET', url: server.root, signal: stop.signal }))
    while (server.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    stop.abort(new Error('enough'))
    expect(await during).toMatchObject({ code: 'stream/aborted', cause: { message: 'enough' } })
    const before = await failure(fetchTransport({ method: 'GET', url: server.root, signal: stop.signal }))
    expect(before.code).toBe('stream/aborted')
    expect(server.seen).toHaveLength(1)
  })

  it('names no part of what is not a URL', async () => {
    const error = await failure(fetchTransport({ method: 'PUT', url: 'not-a-url?sig=secret' }))
    expect(error.code).toBe('upload/unreachable')
    expect(error.message).not.toContain('secret')
    expect(JSON.stringify(error.details)).not.toContain('secret')
  })
})

describe('faults before sending', () => {
  const fault = (fields: object, cause?: unknown) => Object.assign(new Error('x', { cause }), fields)
  it.each([
    [true, fault({ code: 'ENOTFOUND' })],
    [true, fault({}, fault({ code: 'EAI_AGAIN' }))],
    [true, fault({ code: 'ETIMEDOUT', syscall: 'connect' })],
    [true, fault({}, fault({ errors: [fault({ code: 'ECONNREFUSED' }), fault({ syscall: 'connect' })] }))],
    [
      false,
      fault({ errors: [fault({ code: 'ECONNREFUSED' }), fault({ code: 'ECONNRESET', syscall: 'read' })] }),
    ],
    [false, fault({ code: 'ETIMEDOUT' })],
    [false, fault({ code: 'UND_ERR_SOCKET' })],
    [false, new TypeError('Failed to fetch')],
    [false, undefined],
  ])('certainly unsent: %s', (expected, error) => {
    expect(certainlyUnsent(error)).toBe(expected)
  })
})
