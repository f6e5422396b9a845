import { FramewireError } from '../errors.js'
import { json, type Named, namedList, stringMember } from './answers.js'
import type { ApiCall, IngestApi } from './api.js'
import { writeJson } from './json.js'

/** What a stream shall be linked to, as the caller names it; blanks count as not given. */
export interface LinkNames {
  physicalSample?: string
  projectId?: string
  tags?: readonly string[]
}

/** The same as the service knows it. */
export interface Links {
  sampleId?: string
  projectId?: string
  /** In the order given; two spellings of one tag give its id twice. */
  tagIds: readonly string[]
}

interface Kind {
  kind: 'sample' | 'tag'
  /** In messages. */
  title: string
  path: string
  /** Member names that the id of a new one may come under. */
  idMembers: readonly string[]
}

const SAMPLE: Kind = {
  kind: 'sample',
  title: 'physical sample',
  path: '/physical_samples/',
  idMembers: ['id', 'physical_sample_id'],
}
const TAG: Kind = { kind: 'tag', title: 'tag', path: '/tags/', idMembers: ['id', 'tag_id'] }

/**
 * Find the sample and the tags at the service, and create those that are named and do not exist. Every UUID is
 * checked before anything is created. Throws `link/not-found` and what requests throw.
 */
export async function resolveLinks(api: IngestApi, names: LinkNames, signal?: AbortSignal): Promise<Links> {
  const samples = names.physicalSample?.trim() ? [names.physicalSample.trim()] : []
  const tags = distinctTags(names.tags ?? [])
  const [knownSamples, knownTags] = await Promise.all([
    known(api, SAMPLE, samples, signal),
    known(api, TAG, tags, signal),
  ])
  const sampleIds = await ids(api, SAMPLE, samples, knownSamples, signal)
  const tagIds = await ids(api, TAG, tags, knownTags, signal)
  return { sampleId: sampleIds[0], projectId: names.projectId?.trim() || undefined, tagIds }
}

/**
 * Link a stream: the tags beside the sample, and after the sample the project that shall track it. All are tried,
 * even where one fails. Throws `link/failed` for the first that failed, the service's error as its cause.
 */
export async function link(
  api: IngestApi,
  dataId: string,
  links: Links,
  signal?: AbortSignal,
): Promise<void> {
  const { sampleId, projectId, tagIds } = links
  const post = (what: 'sample' | 'tags' | 'project', path: string, body: string) =>
    api
      .retry(() => api.send({ method: 'POST', path, body, signal }), { signal })
      .catch((cause: Error) => {
        throw new FramewireError(
          'link/failed',
          `stream ${dataId} was created but could not be linked (${what}): ${cause.message}`,
          { dataId, what },
          { cause },
        )
      })

  const sampleThenProject = async () => {
    if (!sampleId) return
    const body = writeJson({ data_ids: [dataId], physical_sample_id: sampleId })
    await post('sample', '/data_entries/physical_sample', body)
    if (!projectId) return
    const tracking = writeJson({ physical_sample_id: sampleId, set_active: true })
    await post(
      'project',
      `/projects/${encodeURIComponent(projectId)}/configuration/tracking_samples`,
      tracking,
    )
  }
  const allTags = async () => {
    if (tagIds.length === 0) return
    await post('tags', '/tags/data-items/', writeJson({ data_ids: [dataId], tag_ids: tagIds }))
  }
  const outcomes = await Promise.allSettled([sampleThenProject(), allTags()])
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed) throw failed.reason
}

/** Trimmed, without blanks, the first spelling of each. */
function distinctTags(tags: readonly string[]): string[] {
  const first = new Map<string, string>()
  for (const tag of tags.map((tag) => tag.trim())) {
    if (tag && !first.has(tag.toLowerCase())) first.set(tag.toLowerCase(), tag)
  }
  return [...first.values()]
}

/** What the service has, asked only where something is wanted; throws `link/not-found` for a UUID that it lacks. */
async function known(
  api: IngestApi,
  kind: Kind,
  wanted: readonly string[],
  signal?: AbortSignal,
): Promise<Named[]> {
  if (wanted.length === 0) return []
  const listed = await list(api, kind, signal)
  for (const id of wanted) {
    if (isUuid(id) && !find(listed, id)) {
      throw new FramewireError(
        'link/not-found',
        `${kind.title} with id '${id}' not found. Give its name, or the id of one that exists; no stream was created.`,
        { kind: kind.kind, id },
      )
    }
  }
  return listed
}

async function ids(
  api: IngestApi,
  kind: Kind,
  wanted: readonly string[],
  listed: readonly Named[],
  signal?: AbortSignal,
): Promise<string[]> {
  const found: string[] = []
  for (const name of wanted) found.push(find(listed, name)?.id ?? (await create(api, kind, name, signal)))
  return found
}

function create(api: IngestApi, kind: Kind, name: string, signal?: AbortSignal): Promise<string> {
  const call: ApiCall = { method: 'POST', path: kind.path, body: writeJson({ name }), signal }
  return api.retry(
    async (attempt) => {
      // The answer to the last try may have been lost after the service had created it.
      const made = attempt > 0 ? find(await list(api, kind, signal), name) : undefined
      if (made) return made.id
      const answer = await api.send(call)
      return stringMember(api.asked(call), json(api.asked(call), answer.text), ...kind.idMembers)
    },
    { signal },
  )
}

async function list(api: IngestApi, kind: Kind, signal?: AbortSignal): Promise<Named[]> {
  const call: ApiCall = { method: 'GET', path: kind.path, signal }
  return api.retry(async () => namedList(api.asked(call), (await api.send(call)).text), { signal })
}

function find(listed: readonly Named[], wanted: string): Named | undefined {
  const key = wanted.toLowerCase()
  return listed.find(({ id, name }) => (isUuid(wanted) ? id : name)?.toLowerCase() === key)
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
}
