/** What `push` gives back: the promises of one chunk. They may be left unawaited; a failure is on the receipt too. */
export interface ChunkHandle {
  readonly index: number
  /** Sealed: compressed and hashed. */
  readonly packaged: Promise<void>
  /**
   * Kept by the journal: on disk where the streamer has a journal there, else in memory. Frames that were spilled are
   * kept as they came, so before they are `packaged`. Frames that were lent may be written again with whichever is first.
   */
  readonly journaled: Promise<void>
  /** The service holds these bytes. */
  readonly stored: Promise<void>
}

/** The states that a handle promises. */
export type Step = 'packaged' | 'journaled' | 'stored'

/** A handle whose promises are kept, or broken, by who made it. */
export interface OpenHandle {
  handle: ChunkHandle
  reach(step: Step): void
  /** Break the promises that are not kept yet. */
  fail(error: unknown): void
}

/** The handle of a chunk that was taken just now. */
export function openHandle(index: number): OpenHandle {
  const steps = { packaged: step(), journaled: step(), stored: step() }
  return {
    handle: {
      index,
      packaged: steps.packaged.promise,
      journaled: steps.journaled.promise,
      stored: steps.stored.promise,
    },
    reach: (state) => steps[state].resolve(),
    fail: (error) => {
      for (const { reject } of Object.values(steps)) reject(error)
    },
  }
}

/** A promise of one state; nobody needs to wait for it. */
function step() {
  let resolve!: () => void
  let reject!: (error: unknown) => void
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  promise.catch(() => {})
  return { promise, resolve, reject }
}
