import { hasCode } from '../errors.js'
import { json, wrongAnswer } from './answers.js'
import type { ApiCall, IngestApi } from './api.js'

/**
 * The chunks of a frame stream that framewire's own server holds: index to SHA-256 (hex) of the shard as it was
 * received. `undefined` where the server is another's, which cannot tell. Throws as {@link IngestApi.send} does, and
 * `upload/answer`.
 */
export async function chunkInventory(
  api: IngestApi,
  dataId: string,
  signal?: AbortSignal,
): Promise<Map<number, string> | undefined> {
  const call: ApiCall = {
    method: 'GET',
    path: `/framewire/v1/streams/${encodeURIComponent(dataId)}/chunks`,
    signal,
  }
  return api.retry(
    async () => {
      let text: string
      try {
        text = (await api.send(call)).text
      } catch (error) {
        if (hasCode(error, 'upload/rejected') && error.details.status === 404) return undefined
        throw error
      }
      const asked = api.asked(call)
      const { chunks } = (json(asked, text) ?? {}) as { chunks?: unknown }
      if (!Array.isArray(chunks)) throw wrongAnswer(asked, 'has no "chunks"')
      return new Map(chunks.map((chunk) => entryOf(chunk) ?? refuse(asked)))
    },
    { signal },
  )
}

function entryOf(chunk: unknown): [number, string] | undefined {
  const { index, sha256 } = (chunk ?? {}) as { index?: unknown; sha256?: unknown }
  return typeof index === 'number' && typeof sha256 === 'string' ? [index, sha256] : undefined
}

function refuse(asked: Parameters<typeof wrongAnswer>[0]): never {
  throw wrongAnswer(asked, 'lists something that is no chunk')
}
