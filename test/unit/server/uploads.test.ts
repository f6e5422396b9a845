import { readdirSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { makeShard, pattern } from '../store/shards.js'
import { md5, sha256, TestClient } from './client.js'

const DIMS = { chunkSize: 4, dims: '4,6,10' }
const shard = makeShard(pattern(4, 6, 10, 0), 4, 6, 10)
const other = makeShard(pattern(4, 6, 10, 1), 4, 6, 10)

/** A server with one stream of frames. */
async function withStream(options?: Parameters<typeof TestClient.start>[0]) {
  const client = await TestClient.start(options)
  return { client, id: await client.newStream() }
}

/** What lies in staging: nothing, when nothing is under way. */
function staged({ store }: TestClient): string[] {
  return readdirSync(join(store, '.framewire/incoming'))
}

/** A request written by hand; answers all that comes back until the server closes, or nothing more comes for a while. */
function raw(
  url: string,
  head: string,
  body: Uint8Array = new Uint8Array(),
  endAfter = false,
): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.setTimeout(10_000, () => socket.destroy())
    socket.on('data', (data) => {
      text += data
      if (/^HTTP\/1\.1 [2-5]/m.test(text.replace(/^HTTP\/1\.1 100.*?\r\n\r\n/s, ''))) socket.end()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
    socket.write(head.replaceAll('\n', '\r\n'))
    socket.write(body)
    if (endAfter) socket.destroy()
  })
}

const target = (url: string) => new URL(url).pathname + new URL(url).search

describe('the upload of a shard', () => {
  it('is answered with the MD5 of what came, and told in the inventory', async () => {
    const { client, id } = await withStream()
    const answer = await client.put(id, shard, DIMS)
    expect([answer.status, answer.headers.get('etag'), await answer.text()]).toEqual([
      200,
      `"${md5(shard)}"`,
      '',
    ])
    expect(await client.chunks(id)).toMatchObject([
      {
        index: 0,
        frames: 4,
        height: 6,
        width: 10,
        bytes: shard.length,
        md5: md5(shard),
        sha256: sha256(shard),
        replaced: 0,
      },
    ])
    expect(staged(client)).toEqual([])
  })

  it('asks for no key, and takes an empty content type', async () => {
    const { client, id } = await withStream()
    const url = await client.url(id, DIMS)
    const status = await new Promise((resolve, reject) => {
      const sending = request(url, {
        method: 'PUT',
        headers: { 'content-type': '', 'content-length': shard.length },
      })
      sending.on('response', ({ statusCode }) => resolve(statusCode)).on('error', reject)
      sending.end(shard)
    })
    expect(status).toBe(200)
  })

  it('takes a body without a length, of any type, and one that waits for "100 Continue"', async () => {
    const { client, id } = await withStream()
    for (const [index, headers] of [
      { 'transfer-encoding': 'chunked' },
      { 'content-type': 'application/json', 'content-length': shard.length },
      { expect: '100-continue', 'content-length': shard.length },
    ].entries()) {
      const url = await client.url(id, { ...DIMS, index })
      const status = await new Promise((resolve, reject) => {
        const sending = request(url, { method: 'PUT', headers })
        sending.on('response', ({ statusCode }) => resolve(statusCode)).on('error', reject)
        if ('expect' in headers) sending.on('continue', () => sending.end(shard)).flushHeaders()
        else sending.end(shard)
      })
      expect([index, status]).toEqual([index, 200])
    }
    expect(await client.chunks(id)).toHaveLength(3)
  })

  it('may be repeated, and replaces what was there when it differs', async () => {
    const { client, id } = await withStream()
    const url = await client.url(id, DIMS)
    const put = async (body: Uint8Array) =>
      (await fetch(url, { method: 'PUT', body: body as Uint8Array<ArrayBuffer> })).headers.get('etag')
    expect([await put(shard), await put(shard)]).toEqual([`"${md5(shard)}"`, `"${md5(shard)}"`])
    expect(await client.chunks(id)).toMatchObject([{ replaced: 0 }])
    expect(await put(other)).toBe(`"${md5(other)}"`)
    expect(await client.chunks(id)).toMatchObject([{ replaced: 1, md5: md5(other) }])
  })

  it('is taken after the stream has ended, too: its answer may have been lost', async () => {
    const { client, id } = await withStream()
    const url = await client.url(id, DIMS)
    await client.json('POST', `/rheed/stream/${id}/end`)
    expect((await fetch(url, { method: 'PUT', body: shard as Uint8Array<ArrayBuffer> })).status).toBe(200)
  })

  it.each([
    ['a flipped bit in the first frame', () => flipped(20), 'shard/frame', 0],
    ['a flipped bit in the index', () => flipped(shard.length - 20), 'shard/index-crc', undefined],
    ['a flipped bit in the CRC', () => flipped(shard.length - 1), 'shard/index-crc', undefined],
    ['nothing', () => new Uint8Array(), 'shard/truncated', undefined],
    ['a shard without its end', () => shard.subarray(0, -7), 'shard/index-crc', undefined],
  ])('refuses %s with 422, and keeps nothing', async (_, body, code, frame) => {
    const { client, id } = await withStream()
    const answer = await client.put(id, body(), DIMS)
    expect(answer.status).toBe(422)
    expect(await answer.json()).toEqual({ code, frame, detail: expect.any(String) })
    expect(await client.chunks(id)).toEqual([])
    expect(staged(client)).toEqual([])
    // The right bytes are taken afterwards.
    expect((await client.put(id, shard, DIMS)).status).toBe(200)
  })

  it.each([
    ['frames that are not there', { chunkSize: 5, dims: '5,6,10' }],
    ['larger frames', { chunkSize: 4, dims: '4,60,100' }],
    ['smaller frames', { chunkSize: 4, dims: '4,3,10' }],
  ])('refuses dims that lie: %s', async (_, claim) => {
    const { client, id } = await withStream()
    const answer = await client.put(id, shard, claim)
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      422,
      expect.stringMatching(/^shard\//),
    ])
    // A lie does not settle the frame size of the stream.
    expect((await client.put(id, shard, DIMS)).status).toBe(200)
  })

  it('gives no URL for what the stream can never hold', async () => {
    const { client, id } = await withStream()
    const refusal = async (claim: object) => {
      const answer = await client.askUrl(id, { ...DIMS, index: 9, ...claim })
      return [answer.status, ((await answer.json()) as { code?: string }).code]
    }
    expect(await refusal({ dims: '5,6,10' })).toEqual([422, 'frames/too-many'])
    await client.put(id, shard, DIMS)
    expect(await refusal({ dims: '4,6,11' })).toEqual([409, 'frames/size-changed'])
    expect(await refusal({ chunkSize: 8 })).toEqual([409, 'stream/option'])
    expect(await refusal({ dims: '2,6,10' })).toEqual([200, undefined])
  })

  it('wants a URL as it was signed, in time', async () => {
    const { client, id } = await withStream()
    const url = new URL(await client.url(id, DIMS))
    const put = async (to: URL | string) => {
      const answer = await fetch(to, { method: 'PUT', body: shard as Uint8Array<ArrayBuffer> })
      return [answer.status, ((await answer.json()) as { code?: string }).code]
    }
    const changed = (change: (url: URL) => void) => {
      const copy = new URL(url)
      change(copy)
      return copy
    }
    const forged = [403, 'upload/signature']
    expect(await put(changed(({ searchParams }) => searchParams.set('expires', '9999999999999')))).toEqual(
      forged,
    )
    expect(await put(changed(({ searchParams }) => searchParams.set('sig', 'zz')))).toEqual(forged)
    expect(await put(changed(({ searchParams }) => searchParams.set('sig', '0'.repeat(64))))).toEqual(forged)
    const claim = JSON.parse(Buffer.from(url.searchParams.get('claim')!, 'base64url').toString())
    const larger = Buffer.from(JSON.stringify({ ...claim, chunkSize: 2 ** 40 })).toString('base64url')
    expect(await put(changed(({ searchParams }) => searchParams.set('claim', larger)))).toEqual(forged)
    expect(await put(changed((copy) => (copy.pathname = copy.pathname.replace(/0$/, '1'))))).toEqual(forged)
    expect(await put(changed((copy) => (copy.pathname = copy.pathname.replace(id, otherId(id)))))).toEqual(
      forged,
    )
    expect(await put(changed(({ searchParams }) => searchParams.delete('sig')))).toEqual([
      422,
      'request/invalid',
    ])
    expect(await client.chunks(id)).toEqual([])
  })

  it('refuses a URL that has expired', async () => {
    const { client, id } = await withStream({ urlLifetimeMs: 1 })
    const url = await client.url(id, DIMS)
    await wait(5)
    const answer = await fetch(url, { method: 'PUT', body: shard as Uint8Array<ArrayBuffer> })
    expect([answer.status, await answer.json()]).toEqual([
      403,
      expect.objectContaining({ code: 'upload/expired' }),
    ])
  })

  it('refuses a claimed length of 10 GB before any of it is sent', async () => {
    const { client, id } = await withStream()
    const url = await client.url(id, DIMS)
    const answer = await raw(
      url,
      `PUT ${target(url)} HTTP/1.1\nhost: x\ncontent-length: 10000000000\n\n`,
      shard,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 413 .*upload\/too-large/s)
    expect(staged(client)).toEqual([])
  })

  it('refuses a body that turns out too long', async () => {
    const { client, id } = await withStream({ limits: { maxBodyBytes: 1000 } })
    const url = await client.url(id, DIMS)
    const piece = `${(500).toString(16)}\r\n${'x'.repeat(500)}\r\n`
    const answer = await raw(
      url,
      `PUT ${target(url)} HTTP/1.1\nhost: x\ntransfer-encoding: chunked\n\n`,
      Buffer.from(piece.repeat(3)),
    )
    expect(answer).toMatch(/^HTTP\/1\.1 413 .*upload\/too-large/s)
    expect(staged(client)).toEqual([])
  })

  it('keeps nothing of a body that breaks off', async () => {
    const { client, id } = await withStream()
    const url = await client.url(id, DIMS)
    const head = `PUT ${target(url)} HTTP/1.1\nhost: x\ncontent-length: ${shard.length}\n\n`
    await raw(url, head, shard.subarray(0, 100), true)
    await expect.poll(() => staged(client)).toEqual([])
    expect(await client.chunks(id)).toEqual([])
    expect((await client.put(id, shard, DIMS)).status).toBe(200)
  })

  it('waits for its turn where too many are under way', async () => {
    const { client, id } = await withStream({ limits: { maxConcurrentUploads: 1 } })
    const slow = request(await client.url(id, DIMS), {
      method: 'PUT',
      headers: { 'content-length': shard.length },
    })
    const answered = new Promise((resolve) => slow.on('response', ({ statusCode }) => resolve(statusCode)))
    slow.write(shard.subarray(0, 50))
    await expect.poll(() => staged(client)).toHaveLength(1)
    const waiting = client.put(id, other, { ...DIMS, index: 1 })
    await wait(50)
    expect(staged(client)).toHaveLength(1)
    slow.end(shard.subarray(50))
    expect([await answered, (await waiting).status]).toEqual([200, 200])
  })

  it('is finished before the server stops, and no other begins', async () => {
    const { client, id } = await withStream()
    const sending = request(await client.url(id, DIMS), {
      method: 'PUT',
      headers: { 'content-length': shard.length },
    })
    const answered = new Promise((resolve) => sending.on('response', ({ statusCode }) => resolve(statusCode)))
    sending.write(shard.subarray(0, 50))
    await expect.poll(() => staged(client)).toHaveLength(1)
    const closing = client.server.close()
    await expect
      .poll(() =>
        fetch(`${client.server.url}/health`).then(
          () => 'answered',
          () => 'refused',
        ),
      )
      .toBe('refused')
    sending.end(shard.subarray(50))
    expect(await answered).toBe(200)
    await closing
    const again = await TestClient.start({ store: client.store })
    expect(await again.chunks(id)).toMatchObject([{ md5: md5(shard) }])
  })

  it('takes many at once, of several streams', async () => {
    const client = await TestClient.start()
    const ids = await Promise.all([client.newStream(), client.newStream(), client.newStream()])
    const answers = await Promise.all(
      ids.flatMap((id) =>
        Array.from({ length: 12 }, (_, index) => client.put(id, shard, { ...DIMS, index })),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    for (const id of ids) expect(await client.chunks(id)).toHaveLength(12)
  })
})

function flipped(at: number): Uint8Array {
  const copy = shard.slice()
  copy[at]! ^= 0x10
  return copy
}

/** Another id of the same form. */
function otherId(id: string): string {
  return id.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))
}
