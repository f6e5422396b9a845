import { freeBuffers } from '../core/free.js'
import { FramewireError } from '../errors.js'
import { defect } from './faults.js'
import type { ShardBody } from './journal.js'
import type { JournalPlace, StreamJournal } from './place.js'
import type { FileNote, JournalNote, JournalRecord, Session } from './records.js'
import { checkSpilled, spilledBytes } from './spill-file.js'
import { apply, heldChunk, heldPoints, heldSpill, type JournalState, misfit, stateOf } from './state.js'

interface Stream {
  state: JournalState
  bodies: Map<number, ShardBody>
  spills: Map<number, Uint8Array<ArrayBuffer>>
  requests: Map<number, string>
  isOpen: boolean
}

/** Journals in memory: gone with the process. They promise nothing beyond it. */
export class MemoryPlace implements JournalPlace {
  readonly durable = false
  readonly keeps = false
  readonly #wall: () => number
  readonly #streams = new Map<string, Stream>()

  /** @param wall Unix ms */
  constructor(wall: () => number) {
    this.#wall = wall
  }

  async create(session: Session): Promise<StreamJournal> {
    const { dataId } = session
    if (this.#streams.has(dataId)) {
      const path = pathOf(dataId)
      throw new FramewireError('journal/exists', `There is a journal ${path} already.`, { path })
    }
    const stream: Stream = {
      state: stateOf(session),
      bodies: new Map(),
      spills: new Map(),
      requests: new Map(),
      isOpen: false,
    }
    this.#streams.set(dataId, stream)
    return this.#journal(stream)
  }

  async open(dataId: string): Promise<StreamJournal> {
    return this.#journal(this.#free(dataId))
  }

  async look(dataId: string) {
    return viewOf(this.#stream(dataId))
  }

  async list() {
    return [...this.#streams].map(([dataId, { state }]) => ({ dataId, path: pathOf(dataId), state }))
  }

  async verify(dataId: string) {
    this.#stream(dataId)
    return []
  }

  async remove(dataId: string): Promise<void> {
    this.#free(dataId)
    this.#streams.delete(dataId)
  }

  #stream(dataId: string): Stream {
    const stream = this.#streams.get(dataId)
    if (stream) return stream
    const path = pathOf(dataId)
    throw new FramewireError('journal/missing', `There is no journal ${path}.`, { path })
  }

  /** A stream that nobody has open. */
  #free(dataId: string): Stream {
    const stream = this.#stream(dataId)
    if (!stream.isOpen) return stream
    const path = pathOf(dataId)
    throw new FramewireError('journal/locked', `The journal ${path} is open already.`, { path })
  }

  #journal(stream: Stream): StreamJournal {
    const { state, bodies, spills, requests } = stream
    let closed = false
    stream.isOpen = true
    const record = (note: JournalNote | FileNote) => {
      if (closed) throw defect('a record after close')
      const record: JournalRecord = { ...note, atMs: this.#wall() }
      const why = misfit(state, record)
      if (why !== undefined) throw defect(why)
      apply(state, record)
    }
    const close = async () => {
      if (!closed) stream.isOpen = false
      closed = true
    }
    return {
      ...viewOf(stream),
      async append(note) {
        record(note)
        if (note.type === 'points') requests.set(note.entry.id, note.entry.body)
        // Nobody can resume what is only here, so what was given up is of no use either.
        if (note.type !== 'stored' && note.type !== 'given-up') return
        requests.delete(note.item)
        const body = bodies.get(note.item)
        bodies.delete(note.item)
        if (body && !(body instanceof Blob)) freeBuffers(body.map(({ buffer }) => buffer))
      },
      async put(chunk, body) {
        record({ type: 'chunk', chunk, file: '' })
        bodies.set(chunk.index, body)
        spills.delete(chunk.index)
      },
      async spill(frames, bytes) {
        const kept = new Uint8Array(spilledBytes(frames))
        let at = 0
        for await (const piece of bytes) {
          if (at + piece.byteLength <= kept.byteLength) kept.set(piece, at)
          at += piece.byteLength
        }
        checkSpilled(frames, at)
        record({ type: 'spilled', spill: { ...frames, sha256: '' }, file: '' })
        spills.set(frames.index, kept)
      },
      close,
      remove: async () => {
        if (closed) throw defect('a removal after close')
        await close()
        this.#streams.delete(state.session.dataId)
      },
      async keep() {
        throw defect('memory cannot be kept')
      },
    }
  }
}

function viewOf({ state, bodies, spills, requests }: Stream) {
  return {
    state,
    async body(index: number) {
      const body = bodies.get(heldChunk(state, index).entry.index)
      if (!body) throw defect(`chunk ${index} was given up`)
      return body
    },
    async spilled(index: number) {
      return spills.get(heldSpill(state, index).entry.index)!.slice()
    },
    async request(id: number) {
      const request = requests.get(heldPoints(state, id).entry.id)
      if (request === undefined) throw defect(`points ${id} were given up`)
      return request
    },
  }
}

function pathOf(dataId: string): string {
  return `memory:${dataId}`
}
