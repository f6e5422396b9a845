import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { IngestApi } from '../../../ts/upload/api.js'
import { putShard } from '../../../ts/upload/shard-put.js'
import { Loopback, type Reply } from './loopback.js'

const shard = new Uint8Array(Array.from({ length: 1000 }, (_, i) => (i * 7) & 255))
const body = [shard.slice(0, 996), shard.slice(996)]
const md5 = createHash('md5').update(shard).digest('hex')
const other = createHash('md5').update('other').digest('hex')

const servers: Loopback[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

async function put(...replies: Reply[]) {
  const server = await new Loopback((_, count) => replies[Math.min(count, replies.length) - 1]!).start()
  servers.push(server)
  const api = new IngestApi({ apiKey: 'k', endpoint: server.root })
  const url = `${server.root}/bucket/k?X-Amz-Signature=secret`
  const outcome = await putShard(api, url, { index: 3, body, bytes: 1000, md5 }).catch((error) => error)
  return { server, outcome }
}

const etag = (value: string, own = false): Reply => ({
  headers: { etag: value, ...(own && { 'x-framewire': '1' }) },
})

describe('putting a chunk', () => {
  it('sends the bytes without the API key', async () => {
    const { server, outcome } = await put(etag(`"${md5}"`))
    expect(outcome).toEqual({ proof: 'md5' })
    const { method, target, headers, bytes } = server.seen[0]!
    expect([method, target]).toEqual(['PUT', '/bucket/k?X-Amz-Signature=secret'])
    expect(headers['x-api-key']).toBeUndefined()
    expect(headers['content-type']).toBe('')
    expect(createHash('md5').update(bytes).digest('hex')).toBe(md5)
  })

  it.each([
    ['quoted', `"${md5}"`],
    ['bare', md5],
    ['weak', `W/"${md5}"`],
    ['in capitals', `"${md5.toUpperCase()}"`],
  ])('knows its MD5 %s', async (_, value) => {
    expect((await put(etag(value))).outcome).toEqual({ proof: 'md5' })
  })

  it.each<[string, Reply]>([
    ['none', {}],
    ['of several parts', etag(`"${other}-2"`)],
    ['of another kind', etag('"0x8DB"')],
    ['none, with status 201', { status: 201 }],
    ['none, with status 204', { status: 204 }],
  ])('takes the status for a proof where the ETag is %s', async (_, reply) => {
    const { server, outcome } = await put(reply)
    expect(outcome).toEqual({ proof: 'status' })
    expect(server.seen).toHaveLength(1)
  })

  it('takes an empty acknowledgement for one, also where the store calls it HTML, but no page', async () => {
    const html = { 'content-type': 'text/html; charset=UTF-8' }
    expect((await put({ headers: { ...html, etag: `"${md5}"` } })).outcome).toEqual({ proof: 'md5' })
    const { outcome } = await put({ headers: html, body: '<title>Please log in</title>' })
    expect(outcome).toMatchObject({ code: 'upload/answer' })
  })

  it('puts once more where the ETag is the MD5 of other bytes', async () => {
    const { server, outcome } = await put(etag(`"${other}"`), etag(`"${md5}"`))
    expect(outcome).toEqual({ proof: 'md5' })
    expect(server.seen).toHaveLength(2)
  })

  it('believes a store that differs twice: it may encrypt', async () => {
    const { server, outcome } = await put(etag(`"${other}"`))
    expect(outcome).toEqual({ proof: 'status' })
    expect(server.seen).toHaveLength(2)
  })

  it("does not believe framewire's own server that differs twice", async () => {
    const { outcome } = await put(etag(`"${other}"`, true))
    expect(outcome).toMatchObject({
      code: 'upload/etag-mismatch',
      details: { chunk: 3, expected: md5, actual: other },
    })
  })

  it.each([202, 206, 400, 403, 500])('does not take a %s for stored', async (status) => {
    const signed = '<Error><Code>SignatureDoesNotMatch</Code><StringToSign>secret</StringToSign></Error>'
    const { outcome } = await put({ status, body: signed })
    expect(outcome).toMatchObject({
      code: 'upload/rejected',
      details: { status, body: 'SignatureDoesNotMatch' },
    })
    expect(outcome.message + JSON.stringify(outcome.details)).not.toContain('secret')
  })

  it("tells what framewire's own server says", async () => {
    const { outcome } = await put({
      status: 422,
      headers: { 'x-framewire': '1' },
      body: '{"detail":"frame 2"}',
    })
    expect(outcome.details.body).toBe('{"detail":"frame 2"}')
  })
})
