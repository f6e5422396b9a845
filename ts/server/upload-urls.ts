import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Disk, isMissing } from '../disk/disk.js'
import { nodeDisk } from '../disk/disk-node.js'
import { FramewireError } from '../errors.js'
import { OWN, Staging, storing } from '../store/staging.js'
import type { ChunkClaim } from '../store/store.js'
import { Refusal } from './refusal.js'

/** Where shards are sent to. */
export const UPLOADS = '/framewire/v1/uploads'

/** The query of an upload URL. */
export interface UploadQuery {
  claim: string
  expires: string
  sig: string
}

/**
 * Upload URLs that carry what was declared of the chunk, when they expire, and a signature: whoever has one may send
 * this chunk, without a key, until then. Nothing has to be kept for them, so they outlive a restart.
 */
export class UploadUrls {
  readonly #secret: Uint8Array
  readonly #lifetimeMs: number

  constructor(secret: Uint8Array, lifetimeMs: number) {
    this.#secret = secret
    this.#lifetimeMs = lifetimeMs
  }

  /** Path and query for the chunk of a stream. */
  sign(dataId: string, claim: ChunkClaim): string {
    const text = Buffer.from(JSON.stringify(claim)).toString('base64url')
    const expires = String(Date.now() + this.#lifetimeMs)
    const sig = this.#signature(dataId, text, expires).toString('hex')
    return `${UPLOADS}/${dataId}/${claim.index}?claim=${text}&expires=${expires}&sig=${sig}`
  }

  /** What was declared of the chunk. Throws a 403 for a URL that was changed, or has expired. */
  verify(dataId: string, index: number, { claim, expires, sig }: UploadQuery): ChunkClaim {
    const expected = this.#signature(dataId, claim, expires)
    const given = Buffer.from(sig, 'hex')
    if (given.byteLength !== expected.byteLength || !timingSafeEqual(given, expected)) {
      throw forged()
    }
    if (Date.now() >= Number(expires)) {
      throw new Refusal(403, 'upload/expired', 'This upload URL has expired. Ask for a new one.', 'expires')
    }
    const claimed = JSON.parse(Buffer.from(claim, 'base64url').toString('utf8')) as ChunkClaim
    if (claimed.index !== index) throw forged()
    return claimed
  }

  #signature(dataId: string, claim: string, expires: string): Buffer {
    return createHmac('sha256', this.#secret).update(`${dataId}\n${claim}\n${expires}`).digest()
  }
}

function forged(): Refusal {
  return new Refusal(
    403,
    'upload/signature',
    'This upload URL was not signed by this server. Ask for a new one.',
    'sig',
  )
}

const SECRET_BYTES = 32

/**
 * The secret that a store's upload URLs are signed with; made at the first start, readable by the owner alone. Throws
 * `server/store`, `server/full`.
 */
export function uploadSecret(store: string, disk: Disk = nodeDisk): Promise<Uint8Array> {
  const path = `${store}/${OWN}/secret`
  return storing(path, async () => {
    const known = await disk.read(path).catch((error: unknown) => {
      if (!isMissing(error)) throw error
    })
    if (known?.byteLength === SECRET_BYTES) return known
    if (known) {
      throw new FramewireError(
        'server/store',
        `${path} is damaged. Remove it: upload URLs that were given before are refused then, and asked for again.`,
        { path, reason: 'damaged' },
      )
    }
    const secret = randomBytes(SECRET_BYTES)
    await new Staging(disk, store).replace(path, secret, { mode: 0o600 })
    return secret
  })
}
