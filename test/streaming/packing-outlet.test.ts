import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PackingOutlet } from '../../ts/gige/capture/packing-outlet.js'
import type { FinishedBlock } from '../../ts/gige-vision/reassembler.js'
import type { FilledChunk, FromOutlet, LiveOrder, ToOutlet } from '../../ts/packing/live.js'
import type { FrameDone, FrameTask } from '../../ts/packing/messages.js'

const CHUNK = 3
const MOST_HELD = 8
const ORDER: LiveOrder = {
  stream: 4,
  format: 'u8',
  height: 1,
  width: 8,
  bytesPerFrame: 8,
  conversion: {},
  chunkSize: CHUNK,
  fps: 10,
}

/** One end of a channel; what the outlet posts lies in `sent` until the test has it arrive. */
class End {
  readonly sent: unknown[] = []
  onmessage: ((event: { data: unknown }) => void) | undefined
  readonly #listeners: (() => void)[] = []
  isClosed = false

  postMessage(message: unknown): void {
    if (!this.isClosed) this.sent.push(message)
  }

  addEventListener(_: 'close', listener: () => void): void {
    this.#listeners.push(listener)
  }

  deliver(data: unknown): void {
    if (!this.isClosed) this.onmessage?.({ data })
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    for (const listener of this.#listeners) listener()
  }

  get port(): MessagePort {
    return this as unknown as MessagePort
  }
}

/** What may happen next. */
const step = fc.constantFrom(
  'frame',
  'frame',
  'frame',
  'gap',
  'grant',
  'packer',
  'packed',
  'packed',
  'packer lost',
  'packer broken',
  'confirmed',
  'confirmed',
  'sealer lost',
  'sealer',
  'sealer replaced',
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** The outlet among workers that do as the test says, and what is known of every frame. */
class World {
  readonly #main = new End()
  readonly #outlet: PackingOutlet
  readonly #packers = new Map<number, { end: End; tasks: FrameTask[] }>()
  #sealer: { number: number; end: End; waiting: [chunk: number, frame: number][] } | undefined
  /** What each sealing worker has: chunk, frame, first byte of its pixels. */
  readonly #sealed = new Map<number, Map<string, number>>()
  readonly #lostSealers = new Set<number>()
  readonly filled: FilledChunk[] = []
  readonly failed = new Set<number>()
  ended: FromOutlet & { type: 'ended' } = undefined as never
  #workers = 0
  #chunks = 0
  #nextId = 1
  packersLost = 0
  sent = 0
  held = 0

  constructor() {
    const none = { camera: 0, wire: 0, kernel: 0, app: 0 }
    this.#outlet = new PackingOutlet(this.#main.port, ORDER, {
      mostHeld: MOST_HELD,
      headerRows: 0,
      losses: () => none,
    })
    this.#newSealer()
  }

  do(step: Step): void {
    const packers = [...this.#packers]
    const [number, packer] = packers[this.sent % Math.max(1, packers.length)] ?? []
    switch (step) {
      case 'frame':
        this.#outlet.take(this.#frame(this.#nextId++))
        break
      case 'gap':
        this.#nextId++
        break
      case 'grant':
        this.#command({ type: 'grant', chunk: this.#chunks++ })
        break
      case 'packer':
        if (packers.length < 3) this.#newPacker()
        break
      case 'packed':
        if (packer) this.#pack(packer)
        break
      case 'packer lost':
        if (number !== undefined) this.#losePacker(number)
        break
      case 'packer broken': {
        const task = packer?.tasks.shift()
        if (!task) break
        const error = { name: 'RuntimeError', message: 'unreachable' }
        packer!.end.deliver({ task: task.task, bytes: task.bytes, error } satisfies FrameDone)
        break
      }
      case 'confirmed':
        this.#confirm()
        break
      case 'sealer lost':
        if (!this.#sealer) break
        this.#lostSealers.add(this.#sealer.number)
        this.#sealer.end.close()
        this.#sealer = undefined
        break
      case 'sealer':
        if (!this.#sealer) this.#newSealer()
        break
      case 'sealer replaced': {
        // The port of the one that was lost closes behind the word of the next.
        const lost = this.#sealer
        if (lost) this.#lostSealers.add(lost.number)
        this.#newSealer()
        lost?.end.close()
      }
    }
    this.#hear()
    expect(this.held).toBeLessThanOrEqual(MOST_HELD)
  }

  /** No frame follows: all that is there goes its way. */
  finish(grants: number): void {
    this.do('sealer')
    for (let grant = 0; grant < grants; grant++) this.do('grant')
    this.#outlet.close()
    expect(this.held).toBe(0)
    this.#hear()
    this.#command({ type: 'last' })
    for (let turn = 0; turn < 1000 && !this.ended; turn++) {
      if (this.#packers.size === 0) this.#newPacker()
      for (const packer of this.#packers.values()) this.#pack(packer)
      this.#confirm()
      this.#hear()
    }
    expect(this.ended, 'the outlet has ended').toBeDefined()
  }

  /** A chunk that was filled is with its sealing worker, whole and in order, unless that was lost. */
  expectSealed(): void {
    for (const { chunk, frames, sealer, capturedAtNs } of this.filled) {
      if (this.#lostSealers.has(sealer) || this.failed.has(chunk)) continue
      const ids = Array.from({ length: frames }, (_, frame) =>
        this.#sealed.get(sealer)!.get(`${chunk}:${frame}`),
      )
      expect(ids, `chunk ${chunk}`).toEqual(Array.from(capturedAtNs, Number))
    }
  }

  isLost({ sealer }: FilledChunk): boolean {
    return this.#lostSealers.has(sealer)
  }

  #frame(id: number) {
    this.sent++
    this.held++
    let isReleased = false
    const block = {
      blockId: BigInt(id),
      complete: true,
      bytes: ORDER.bytesPerFrame,
      copy(into: Uint8Array) {
        if (isReleased) throw new Error(`block ${id} was read after its release`)
        into.fill(id)
      },
      release: () => {
        if (!isReleased) this.held--
        isReleased = true
      },
    } as FinishedBlock
    return { block, timestampNs: 0n, capturedAtNs: BigInt(id) }
  }

  #command(command: ToOutlet): void {
    this.#main.deliver(command)
  }

  #newPacker(): void {
    const packer = { end: new End(), tasks: [] }
    const number = this.#workers++
    this.#packers.set(number, packer)
    this.#command({ type: 'packer', packer: number, port: packer.end.port })
  }

  #losePacker(number: number): void {
    const packer = this.#packers.get(number)
    this.packersLost++
    this.#packers.delete(number)
    packer?.end.close()
  }

  #newSealer(): void {
    const sealer = { number: this.#workers++, end: new End(), waiting: [] }
    this.#sealer = sealer
    this.#sealed.set(sealer.number, new Map())
    this.#command({ type: 'sealer', sealer: sealer.number, port: sealer.end.port })
  }

  #pack(packer: { end: End; tasks: FrameTask[] }): void {
    const task = packer.tasks.shift()
    if (!task) return
    const { chunk, frame, bytes } = task
    if (this.#sealer) {
      this.#sealed.get(this.#sealer.number)!.set(`${chunk}:${frame}`, new Uint8Array(bytes)[0]!)
      this.#sealer.waiting.push([chunk, frame])
    }
    packer.end.deliver({ task: task.task, bytes } satisfies FrameDone)
  }

  #confirm(): void {
    const [chunk, frame] = this.#sealer?.waiting.shift() ?? []
    if (chunk !== undefined) this.#sealer!.end.deliver({ chunk, frame })
  }

  /** What the outlet has posted arrives. */
  #hear(): void {
    for (const { end, tasks } of this.#packers.values()) {
      tasks.push(...(end.sent.splice(0) as FrameTask[]))
      expect(tasks.length).toBeLessThanOrEqual(2)
    }
    for (const message of this.#main.sent.splice(0) as FromOutlet[]) {
      if (message.type === 'filled') this.filled.push(message)
      if (message.type === 'failed') this.failed.add(message.chunk)
      if (message.type === 'broken') this.#losePacker(message.packer)
      if (message.type === 'ended') this.ended = message
    }
  }
}

describe('PackingOutlet', () => {
  it('places, releases and counts every frame, whatever workers are lost', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 200, size: 'max' }),
        fc.integer({ min: 0, max: 4 }),
        (steps, grants) => {
          const world = new World()
          for (const one of steps) world.do(one)
          world.finish(grants)
          const { filled, sent, ended } = world
          const frames = filled.reduce((sum, chunk) => sum + chunk.frames, 0)
          expect(frames + ended.losses.app).toBe(sent)
          expect(world.held).toBe(0)
          // Only the last, and one whose sealing worker was lost, is short.
          for (const chunk of filled.slice(0, -1)) {
            if (!world.isLost(chunk)) expect(chunk.frames).toBe(CHUNK)
          }
          const numbers = filled.map(({ chunk }) => chunk)
          expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
          if (world.packersLost < 2) expect(world.failed.size).toBe(0)
          world.expectSealed()
        },
      ),
      { numRuns: 500 },
    )
  })

  it('tells every frame that is missing between those it placed, as a gap', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('frame', 'frame', 'gap'), { maxLength: 60, size: 'max' }),
        (steps) => {
          const world = new World()
          world.do('packer')
          for (let grant = 0; grant < steps.length; grant++) world.do('grant')
          for (const one of steps) {
            world.do(one as Step)
            world.do('packed')
            world.do('confirmed')
          }
          world.finish(0)
          const times = world.filled.flatMap(({ capturedAtNs }) => Array.from(capturedAtNs, Number))
          const seen = times.flatMap((id, at) =>
            at > 0 && id > times[at - 1]! + 1 ? [id - times[at - 1]! - 1] : [],
          )
          expect(world.filled.flatMap(({ gaps }) => gaps.map(({ lost }) => lost))).toEqual(seen)
          expect(times).toHaveLength(world.sent)
        },
      ),
    )
  })
})
