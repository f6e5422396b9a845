/** A file or a folder of the disk in memory. */
export type Node = FileNode | FolderNode

/** Numbers from 0 to below 1; always 0: nothing that was not synced survives. */
export type Chance = () => number

const SECTOR = 512

type FileChange = { position: number; bytes: Uint8Array } | { length: number }

/** A file as processes see it, and how much of that is on disk. */
export class FileNode {
  bytes: Uint8Array<ArrayBuffer>
  #durable: Uint8Array<ArrayBuffer>
  #unsynced: FileChange[] = []

  constructor(bytes = new Uint8Array(0)) {
    this.bytes = bytes
    this.#durable = bytes
  }

  write(part: Uint8Array, position: number): void {
    if (part.byteLength === 0) return
    const bytes = part.slice()
    this.bytes = written(this.bytes, bytes, position)
    this.#unsynced.push({ position, bytes })
  }

  truncate(length: number): void {
    this.bytes = resized(this.bytes, length)
    this.#unsynced.push({ length })
  }

  sync(): void {
    this.#durable = this.bytes
    this.#unsynced = []
  }

  /** The file after a power cut: of each change that was not synced any sectors, or none. */
  survivors(chance: Chance): FileNode {
    let bytes = this.#durable
    for (const change of this.#unsynced) {
      if (chance() < 1 / 3) continue
      if ('length' in change) {
        bytes = resized(bytes, change.length)
        continue
      }
      const whole = chance() < 1 / 2
      const end = change.position + Math.ceil(change.bytes.byteLength * (whole ? 1 : chance()))
      // The length is on disk before the sectors are, so that a hole reads as zeros.
      bytes = resized(bytes, Math.max(bytes.byteLength, end))
      for (let at = change.position; at < end; ) {
        const next = Math.min(end, (Math.floor(at / SECTOR) + 1) * SECTOR)
        const sector = change.bytes.subarray(at - change.position, next - change.position)
        if (whole || chance() < 1 / 2) bytes = written(bytes, sector, at)
        at = next
      }
    }
    return new FileNode(bytes)
  }
}

/** A folder as processes see it, and which of its names are on disk. */
export class FolderNode {
  readonly entries: Map<string, Node>
  #durable: Map<string, Node>
  #unsynced: [name: string, node: Node | undefined][] = []

  constructor(entries = new Map<string, Node>()) {
    this.entries = entries
    this.#durable = new Map(entries)
  }

  /** Let a name stand for a node, or for none. */
  set(name: string, node: Node | undefined): void {
    place(this.entries, name, node)
    this.#unsynced.push([name, node])
  }

  /** Remove all that is in it. */
  clear(): void {
    for (const [name, node] of [...this.entries]) {
      if (node instanceof FolderNode) node.clear()
      this.set(name, undefined)
    }
  }

  sync(): void {
    this.#durable = new Map(this.entries)
    this.#unsynced = []
  }

  /** The folder after a power cut: any of the names that were not synced, or none. */
  survivors(chance: Chance): FolderNode {
    const entries = new Map(this.#durable)
    for (const [name, node] of this.#unsynced) if (chance() > 1 / 2) place(entries, name, node)
    return new FolderNode(new Map([...entries].map(([name, node]) => [name, node.survivors(chance)])))
  }
}

function place(entries: Map<string, Node>, name: string, node: Node | undefined): void {
  if (node) entries.set(name, node)
  else entries.delete(name)
}

function resized(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const changed = new Uint8Array(length)
  changed.set(bytes.subarray(0, length))
  return changed
}

function written(bytes: Uint8Array, part: Uint8Array, position: number): Uint8Array<ArrayBuffer> {
  const changed = resized(bytes, Math.max(bytes.byteLength, position + part.byteLength))
  changed.set(part, position)
  return changed
}
