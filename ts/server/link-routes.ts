import type { FastifyInstance } from 'fastify'
import type { LinkKind, Store } from '../store/store.js'
import { Refusal } from './refusal.js'
import { newNamed, parse, sampleLink, tagLink, tracking } from './schemas.js'
import { knownStream } from './streams.js'

/** Samples, tags and projects, and their links with streams. */
export function linkRoutes(app: FastifyInstance, store: Store): void {
  for (const [path, kind] of [
    ['/physical_samples/', 'sample'],
    ['/tags/', 'tag'],
  ] as const) {
    app.get(path, async () => store.named(kind))
    app.post(path, async (request) => store.addNamed(kind, parse(newNamed, request.body).name))
  }

  app.post('/data_entries/physical_sample', async (request) => {
    const { data_ids, physical_sample_id } = parse(sampleLink, request.body)
    known(store, 'sample', physical_sample_id, 'physical_sample_id')
    const streams = data_ids.map((id) => knownStream(store, id))
    for (const { id } of streams) await store.linkSample(id, physical_sample_id)
    return {}
  })

  app.post('/tags/data-items/', async (request) => {
    const { data_ids, tag_ids } = parse(tagLink, request.body)
    for (const id of tag_ids) known(store, 'tag', id, 'tag_ids')
    const streams = data_ids.map((id) => knownStream(store, id))
    for (const { id } of streams) await store.linkTags(id, tag_ids)
    return {}
  })

  app.post<{ Params: { id: string } }>('/projects/:id/configuration/tracking_samples', async (request) => {
    const { physical_sample_id, set_active } = parse(tracking, request.body)
    known(store, 'sample', physical_sample_id, 'physical_sample_id')
    await store.track(request.params.id, physical_sample_id, set_active)
    return {}
  })
}

function known(store: Store, kind: LinkKind, id: string, field: string): void {
  if (store.named(kind).some((one) => one.id === id)) return
  throw new Refusal(
    404,
    'link/not-found',
    `${field}: there is no ${kind} ${id} here. Create it first.`,
    field,
  )
}
