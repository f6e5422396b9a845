/** Something to upload, as the plan sees it. */
export interface PlanItem {
  readonly id: number
  /** Ready items go in order of their index. */
  readonly index: number
  /** Items that share a lane go in order of index, one at a time. */
  readonly lanes: readonly string[]
  /** Ask for an upload URL before putting. */
  readonly needsUrl: boolean
}

/** An item, and what the plan knows of it. */
export interface Entry extends PlanItem {
  stage: 'queued' | 'url' | 'put'
  hasUrl: boolean
  attempts: number
  /** Own back-off, in passing faults. */
  dueAt: number
  /** Not even a probe goes before: `Retry-After`, or a refusal that may pass. */
  notBefore: number
  /** Passing faults since the stream last made progress. */
  failures: number
  /** How often it has failed again although the stream had made progress. */
  strikes: number
  /** The era of its last failure. */
  era: number
  /** URLs that were refused in a row, while the stream made no progress; and the era of the last. */
  staleUrls: number
  staleEra: number
  doubts: number
  /** It went out while the stream was probing; at this level of the outage. */
  probe: boolean
  level: number
  /** The number of the key that it was sent with. */
  key: number
  /** It stands in the line of candidates. */
  listed: boolean
}

/** An item that nothing is known of yet. Its members are named one by one: then all entries are of one shape, and small. */
export function entryOf({ id, index, lanes, needsUrl }: PlanItem): Entry {
  return {
    id,
    index,
    lanes,
    needsUrl,
    stage: 'queued',
    hasUrl: false,
    attempts: 0,
    dueAt: 0,
    notBefore: 0,
    failures: 0,
    strikes: 0,
    era: -1,
    staleUrls: 0,
    staleEra: -1,
    doubts: 0,
    probe: false,
    level: 0,
    key: 0,
    listed: false,
  }
}
