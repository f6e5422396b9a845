import { randomUUID } from 'node:crypto'
import { isMissing } from '../disk/disk.js'
import { checkedContent, withChecksum } from './checksum.js'
import { Serial } from './serial.js'
import { type Staging, storing } from './staging.js'
import type { LinkKind, Named } from './store.js'

interface Content {
  samples: Named[]
  tags: Named[]
  /** By project id: the samples that are followed, and the current one. */
  projects: Record<string, { tracked: string[]; active?: string }>
}

/** Samples, tags and projects of a store: one small file, replaced whole. */
export class Catalog {
  readonly #path: string
  readonly #staging: Staging
  readonly #writes = new Serial()
  #content: Content

  private constructor(path: string, staging: Staging, content: Content) {
    this.#path = path
    this.#staging = staging
    this.#content = content
  }

  /** Read the catalog; a store that has none gets an empty one. Any other fault is thrown, never read as empty. */
  static async open(path: string, staging: Staging): Promise<Catalog> {
    const bytes = await staging.disk.read(path).catch((error: unknown) => {
      if (!isMissing(error)) throw error
    })
    const content = bytes ? checkedContent<Content>(bytes, path) : { samples: [], tags: [], projects: {} }
    return new Catalog(path, staging, content)
  }

  named(kind: LinkKind): readonly Named[] {
    return kind === 'sample' ? this.#content.samples : this.#content.tags
  }

  addNamed(kind: LinkKind, name: string): Promise<Named> {
    return this.#writes.run(async () => {
      const wanted = name.trim().toLowerCase()
      const known = this.named(kind).find((one) => one.name.trim().toLowerCase() === wanted)
      if (known) return known
      const made = { id: randomUUID(), name }
      const list = [...this.named(kind), made]
      await this.#change(kind === 'sample' ? { samples: list } : { tags: list })
      return made
    })
  }

  track(projectId: string, sampleId: string, active: boolean): Promise<void> {
    return this.#writes.run(async () => {
      const project = this.#content.projects[projectId] ?? { tracked: [] }
      const tracked = project.tracked.includes(sampleId) ? project.tracked : [...project.tracked, sampleId]
      const changed = { tracked, active: active ? sampleId : project.active }
      await this.#change({ projects: { ...this.#content.projects, [projectId]: changed } })
    })
  }

  /** What could not be written did not happen: the content in memory follows the file. */
  async #change(change: Partial<Content>): Promise<void> {
    const content = { ...this.#content, ...change }
    await storing(this.#path, () => this.#staging.replace(this.#path, withChecksum(content)))
    this.#content = content
  }
}
