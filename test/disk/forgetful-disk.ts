import type { Disk, DiskEntry, DiskFile } from '../../ts/disk/disk.js'
import { random } from '../interop/images.js'
import { FileNode, FolderNode, type Node } from './forgetful-nodes.js'

/** What every operation throws once the disk has crashed: neither a fault of the system nor one of framewire. */
export class DiskCrashed extends Error {}

/** A sync that was asked for. */
export class SyncCall {
  /** Operations that came before it. */
  readonly operation: number
  /** The folder, or the file as it was opened. */
  readonly path: string
  readonly #stack: Error

  constructor(operation: number, path: string) {
    this.operation = operation
    this.path = path
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 40
    this.#stack = new Error()
    Error.stackTraceLimit = stackTraceLimit
  }

  /** Who asked, innermost first: `Class.method (file.ts:line)` of the library's own code. */
  get from(): string[] {
    return [...this.#stack.stack!.matchAll(/^ +at (.*\/ts\/.*)$/gm)].map(([, frame]) =>
      frame!
        .replace(/^async /, '')
        .replace(/^[^(]*\/ts\/(\S+)$/, '($1)')
        .replace(/\([^)]*\/ts\//, '(')
        .replace(/:\d+\)$/, ')'),
    )
  }
}

/** Operations that take space on a real disk. */
const NEED_SPACE = new Set(['create', 'write', 'makeFolder'])

/**
 * A disk in memory that keeps what the law of {@link Disk} says and forgets all else at a crash. Deterministic: the same
 * calls make the same operations. Operations are the calls that change something, syncs among them, counted from 0.
 */
export class ForgetfulDisk implements Disk {
  readonly #root: FolderNode
  readonly #syncs: SyncCall[] = []
  #operations = 0
  #crashAt = Number.POSITIVE_INFINITY
  #crashed = false
  #fullAt = Number.POSITIVE_INFINITY
  #failAt = -1
  #ignored = -1
  #watcher = () => {}

  constructor(root = new FolderNode()) {
    this.#root = root
  }

  /** Operations so far. */
  get operations(): number {
    return this.#operations
  }

  /** Calls of `sync` and `syncFolder` so far. */
  get syncs(): readonly SyncCall[] {
    return this.#syncs
  }

  /** Operation `n` and all that comes later, reading too, throws {@link DiskCrashed}. */
  crashAt(n: number): this {
    this.#crashAt = n
    return this
  }

  /** From operation `n` on there is no space; `fullAt(Infinity)`: there is again. */
  fullAt(n: number): this {
    this.#fullAt = n
    return this
  }

  /** Operation `n` fails as on a disk that is broken there (`EIO`) and does nothing; those after it are done. */
  failAt(n: number): this {
    this.#failAt = n
    return this
  }

  /** The sync of ordinal `k`, counted from 0, is taken for done and does nothing. */
  withoutSync(k: number): this {
    this.#ignored = k
    return this
  }

  /** Called before every operation that is not refused by a crash. */
  watch(watcher: () => void): this {
    this.#watcher = watcher
    return this
  }

  /**
   * The disk after a power cut now: what was synced, and of the rest nothing; with a seed, some of it: of each file any
   * of its 512-byte sectors, of each folder any of its names.
   */
  afterCrash({ seed }: { seed?: number } = {}): ForgetfulDisk {
    return new ForgetfulDisk(this.#root.survivors(seed === undefined ? () => 0 : random(seed)))
  }

  /** The disk after the process was killed now: all is there, and what was not synced still is not. */
  afterKill(): ForgetfulDisk {
    this.#crashed = true
    return new ForgetfulDisk(this.#root)
  }

  async create(path: string): Promise<DiskFile> {
    this.#step('create')
    const [folder, name] = this.#place(path, 'open')
    if (folder.entries.has(name)) throw refused('EEXIST', 'open', path)
    const node = new FileNode()
    folder.set(name, node)
    return this.#opened(node, path)
  }

  async open(path: string): Promise<DiskFile> {
    return this.#opened(this.#file(path, 'open'), path)
  }

  async read(path: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#file(path, 'open').bytes.slice()
  }

  async list(path: string): Promise<DiskEntry[]> {
    const entries = this.#folder(path, 'scandir').entries
    return [...entries].map(([name, node]) => ({ name, isFolder: node instanceof FolderNode }))
  }

  async rename(from: string, to: string): Promise<void> {
    this.#step('rename')
    const [source, name] = this.#place(from, 'rename')
    const [target, other] = this.#place(to, 'rename')
    const node = source.entries.get(name)
    const former = target.entries.get(other)
    if (!node) throw refused('ENOENT', 'rename', from)
    if (former instanceof FolderNode) {
      if (node instanceof FileNode) throw refused('EISDIR', 'rename', from)
      if (former.entries.size > 0) throw refused('ENOTEMPTY', 'rename', from)
    } else if (former && node instanceof FolderNode) throw refused('ENOTDIR', 'rename', from)
    source.set(name, undefined)
    target.set(other, node)
  }

  async remove(path: string): Promise<void> {
    this.#step('remove')
    try {
      const [folder, name] = this.#place(path, 'rm')
      const node = folder.entries.get(name)
      if (node instanceof FolderNode) node.clear()
      if (node) folder.set(name, undefined)
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOENT') throw error
    }
  }

  async makeFolder(path: string): Promise<void> {
    this.#step('makeFolder')
    let at = this.#root
    for (const name of namesOf(path)) {
      const next = at.entries.get(name) ?? new FolderNode()
      if (!(next instanceof FolderNode)) throw refused('ENOTDIR', 'mkdir', path)
      if (!at.entries.has(name)) at.set(name, next)
      at = next
    }
  }

  async syncFolder(path: string): Promise<void> {
    if (this.#stepSync(path)) this.#folder(path, 'fsync').sync()
  }

  #opened(node: FileNode, path: string): DiskFile {
    return {
      size: async () => {
        this.#check()
        return node.bytes.byteLength
      },
      write: async (parts, position) => {
        this.#step('write')
        let at = position
        for (const part of parts instanceof Uint8Array ? [parts] : parts) {
          node.write(part, at)
          at += part.byteLength
        }
      },
      read: async (position, length) => {
        this.#check()
        return node.bytes.slice(position, position + length)
      },
      truncate: async (length) => {
        this.#step('truncate')
        node.truncate(length)
      },
      sync: async () => {
        if (this.#stepSync(path)) node.sync()
      },
      close: async () => this.#check(),
    }
  }

  /** Count a sync; answers whether it is to be done. */
  #stepSync(path: string): boolean {
    const operation = this.#operations
    this.#step('fsync')
    this.#syncs.push(new SyncCall(operation, path))
    return this.#syncs.length - 1 !== this.#ignored
  }

  #step(name: string): void {
    if (this.#operations >= this.#crashAt) this.#crashed = true
    this.#check()
    this.#watcher()
    const operation = this.#operations++
    if (operation === this.#failAt) throw refused('EIO', name, '')
    if (operation >= this.#fullAt && NEED_SPACE.has(name)) throw refused('ENOSPC', name, '')
  }

  #check(): void {
    if (this.#crashed) throw new DiskCrashed('the disk has crashed')
  }

  /** The folder that a path's last name is in, and that name. */
  #place(path: string, call: string): [FolderNode, string] {
    const names = namesOf(path)
    const name = names.pop()
    if (name === undefined) throw refused('EPERM', call, path)
    return [this.#folder(`/${names.join('/')}`, call), name]
  }

  #node(path: string, call: string): Node {
    this.#check()
    let node: Node | undefined = this.#root
    for (const name of namesOf(path)) {
      if (!(node instanceof FolderNode)) throw refused('ENOTDIR', call, path)
      node = node.entries.get(name)
      if (!node) throw refused('ENOENT', call, path)
    }
    return node
  }

  #folder(path: string, call: string): FolderNode {
    const node = this.#node(path, call)
    if (node instanceof FolderNode) return node
    throw refused('ENOTDIR', call, path)
  }

  #file(path: string, call: string): FileNode {
    const node = this.#node(path, call)
    if (node instanceof FileNode) return node
    throw refused('EISDIR', call, path)
  }
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}

/** An error as the system's are thrown by Node. */
function refused(code: string, syscall: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${syscall} '${path}'`), { code, syscall, path })
}
