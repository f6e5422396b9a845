import type { Visibility } from './feature.js'
import type { NodeDescription } from './nodes.js'

/** The standard's name of the category that holds all others. */
const ROOT = 'Root'

const ORDER: readonly Visibility[] = ['beginner', 'expert', 'guru', 'invisible']

/** The nodes of a description, and the categories that they are in. */
export class FeatureTree {
  /** By name, in the document's order. */
  readonly nodes: ReadonlyMap<string, NodeDescription>
  /** The first category that holds a node, by the node's name. */
  readonly #categories = new Map<string, string>()

  constructor(nodes: readonly NodeDescription[]) {
    this.nodes = new Map(nodes.map((node) => [node.name, node]))
    for (const { name, features } of nodes) {
      for (const feature of features ?? []) {
        if (!this.#categories.has(feature)) this.#categories.set(feature, name)
      }
    }
  }

  categoryOf(name: string): string | undefined {
    return this.#categories.get(name)
  }

  /** Names of all categories. */
  categories(): string[] {
    return Array.from(this.nodes.values())
      .filter(({ type }) => type === 'category')
      .map(({ name }) => name)
  }

  /**
   * What is in a category and the categories in it, each once; by default in all. A hidden category does not hide what
   * it holds.
   */
  under(category: string | undefined, visibility: Visibility): NodeDescription[] {
    const found = new Set<NodeDescription>()
    const waiting = category === undefined ? this.#top() : [...this.#held(category)]
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const node = this.nodes.get(name)
      if (!node || found.has(node)) continue
      found.add(node)
      waiting.unshift(...this.#held(name))
    }
    const most = ORDER.indexOf(visibility)
    return [...found].filter((node) => ORDER.indexOf(node.visibility) <= most)
  }

  /** What begins the tree; in a description without categories every node. */
  #top(): string[] {
    if (this.nodes.has(ROOT)) return [...this.#held(ROOT)]
    const categories = this.categories()
    return categories.length > 0 ? categories : [...this.nodes.keys()]
  }

  #held(name: string): readonly string[] {
    return this.nodes.get(name)?.features ?? []
  }
}
