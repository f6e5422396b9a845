/** What a lane orders by: the index, then the order in which items came. */
export interface Ordered {
  readonly index: number
  readonly id: number
}

/** Whether `a` goes before `b`. */
export function before(a: Ordered, b: Ordered): boolean {
  return a.index < b.index || (a.index === b.index && a.id < b.id)
}

/** A sorted line; items mostly come at its end and leave at its head. */
export class Line<T extends Ordered> {
  #items: T[] = []
  #first = 0

  get head(): T | undefined {
    return this.#items[this.#first]
  }

  add(item: T): void {
    let at = this.#items.length
    while (at > this.#first && before(item, this.#items[at - 1]!)) at--
    this.#items.splice(at, 0, item)
  }

  remove(item: T): void {
    const at = this.#items.indexOf(item, this.#first)
    if (at < 0) return
    if (at > this.#first) {
      this.#items.splice(at, 1)
      return
    }
    this.#first++
    // Cutting the front off moves the rest, so it is done rarely.
    if (this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
  }

  clear(): void {
    this.#items = []
    this.#first = 0
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let at = this.#first; at < this.#items.length; at++) yield this.#items[at]!
  }
}

/** A line whose items go one after the other. */
export interface Lane<T extends Ordered> {
  readonly line: Line<T>
  /** One of its items is in flight. */
  busy: boolean
}
