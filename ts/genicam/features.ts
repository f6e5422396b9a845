import { hasCode, isFramewireError } from '../errors.js'
import { Evaluation, Refusal } from './evaluation.js'
import { accessError, descriptionError, unknownError, valueError } from './faults.js'
import type {
  Access,
  CameraDescription,
  FeatureDetails,
  FeatureInfo,
  FeatureType,
  FeatureValue,
  Visibility,
} from './feature.js'
import type { FeatureState, NodeDescription, Nodes } from './nodes.js'
import type { FeatureRegisters } from './registers.js'
import { FeatureTree } from './tree.js'
import { expectedOf, hasValue, plainNumber, plainValue, typedValue, type ValueType } from './value.js'

/** Which features {@link Features.list} tells. */
export interface ListOptions {
  /** Those meant for whom; default `'guru'`: all but the hidden. */
  visibility?: Visibility
  /** Those in this category and the categories in it. */
  category?: string
}

/**
 * The features of a camera by name, as its GenICam description gives them. What the description allows to be cached is
 * read once; calls stand in line, so that each sees what the one before wrote. Reading and writing reject with what
 * the registers reject with, besides what is said of each.
 *
 * Names of nodes that are in no category work too. Chunk data and events are not available: they are not in registers.
 * `TLParamsLocked` is kept here, as by every host: what it locks is refused while it is 1.
 */
export class Features {
  /** What the description says about itself, with the nodes that are not understood. */
  readonly described: CameraDescription
  readonly #nodes: Nodes
  readonly #tree: FeatureTree
  readonly #evaluation: Evaluation
  readonly #source: string

  /** Use `loadFeatures`. */
  constructor(nodes: Nodes, registers: FeatureRegisters, now: () => number, source: string) {
    this.#nodes = nodes
    this.#source = source
    this.described = nodes.described()
    this.#tree = new FeatureTree(nodes.features())
    this.#evaluation = new Evaluation(nodes, registers, now, source)
  }

  /** Whether the description knows this name; the camera may still lack the feature (`access: 'NI'`). */
  has(name: string): boolean {
    return this.#tree.nodes.has(name)
  }

  /** The features in the categories' order, a category before what it holds. Throws `genicam/unknown` (the category). */
  async list(options: ListOptions = {}): Promise<FeatureInfo[]> {
    const { visibility = 'guru', category } = options
    if (category !== undefined && this.#node(category).type !== 'category') {
      throw unknownError(category, this.#tree.categories())
    }
    const nodes = this.#tree.under(category, visibility)
    return this.#evaluation.operation(async () => {
      const infos: FeatureInfo[] = []
      for (const node of nodes) {
        infos.push(this.#info(node, await this.#evaluation.of(() => this.#nodes.access(node.name))))
      }
      return infos
    })
  }

  /** What a feature is and allows now: limits, step, entries. Throws `genicam/unknown`. */
  async info(name: string): Promise<FeatureDetails> {
    const node = this.#node(name)
    return this.#evaluation.operation(async () => {
      const state = await this.#state(name)
      const { min, max, inc, entries, maxBytes } = state
      return {
        ...this.#info(node, state.access),
        ...(min === undefined ? {} : { min: plainNumber(min) }),
        ...(max === undefined ? {} : { max: plainNumber(max) }),
        ...(inc === undefined ? {} : { inc: plainNumber(inc) }),
        ...(entries === undefined ? {} : { entries }),
        ...(maxBytes === undefined ? {} : { maxBytes }),
      }
    })
  }

  /** The value now. Throws `genicam/unknown`, `genicam/access`, `genicam/description`. */
  async get(name: string): Promise<FeatureValue> {
    const node = this.#node(name)
    this.#mustHaveValue(node, 'read')
    return this.#evaluation.operation(() => this.#read(name))
  }

  /**
   * Set a feature; answers its value as the camera has it then, which may be another where the camera rounds. Of what
   * cannot be read the value given. Throws `genicam/value` (says what it takes), `genicam/access`, `genicam/unknown`,
   * `genicam/description`.
   */
  async set(name: string, value: FeatureValue): Promise<FeatureValue> {
    const node = this.#node(name)
    const type = this.#mustHaveValue(node, 'write')
    return this.#evaluation.operation(async () => {
      const typed = typedValue(type, value)
      if (!typed) throw valueError(name, value, expectedOf(type, await this.#state(name)))
      try {
        await this.#evaluation.of(() => this.#nodes.write(name, typed))
      } catch (error) {
        throw await this.#translated(name, error, { wanted: 'write', given: { type, value } })
      }
      await this.#send(name)
      // What was written to a write-only register is known from the cache alone: its fields need it.
      if (!this.#nodes.isWriteOnly(name)) this.#nodes.forget(name)
      this.#evaluation.begin()
      const access = await this.#evaluation.of(() => this.#nodes.access(name))
      return isReadable(access) ? this.#read(name) : value
    })
  }

  /**
   * Run a command; resolves when the camera took it. {@link isDone} says when it is done.
   * Throws `genicam/access` (no command, or not now), `genicam/unknown`, `genicam/description`.
   */
  async execute(name: string): Promise<void> {
    this.#mustBeCommand(name)
    return this.#evaluation.operation(async () => {
      try {
        await this.#evaluation.of(() => this.#nodes.execute(name))
      } catch (error) {
        throw await this.#translated(name, error, { wanted: 'write' })
      }
      await this.#send(name)
    })
  }

  /** Whether a command that was run is done; always so where the camera does not tell. Throws as {@link execute}. */
  async isDone(name: string): Promise<boolean> {
    this.#mustBeCommand(name)
    return this.#evaluation.operation(() =>
      this.#evaluation
        .of(() => this.#nodes.isDone(name))
        .catch(async (error) => {
          throw await this.#translated(name, error, { wanted: 'read' })
        }),
    )
  }

  /**
   * Forget every value that is cached: after a command that changes features without the description saying so, such
   * as `UserSetLoad`, or when the camera was switched off.
   */
  forget(): Promise<void> {
    return this.#evaluation.operation(async () => this.#nodes.forget())
  }

  async #read(name: string): Promise<FeatureValue> {
    try {
      const access = await this.#evaluation.of(() => this.#nodes.access(name))
      if (!isReadable(access)) throw accessError(name, access, 'read', WHY[access])
      return plainValue(await this.#evaluation.of(() => this.#nodes.read(name)))
    } catch (error) {
      throw await this.#translated(name, error, { wanted: 'read' })
    }
  }

  /** Send what was evaluated. Where that fails, nothing that the node map took for written holds. */
  async #send(name: string): Promise<void> {
    try {
      await this.#evaluation.send()
    } catch (error) {
      this.#nodes.forget(name)
      if (!hasCode(error, 'gige/refused')) throw error
      this.#evaluation.begin()
      const { access } = await this.#state(name)
      throw accessError(name, access, 'write', `the camera refused, ${error.details.statusName}`, error)
    }
  }

  #state(name: string): Promise<FeatureState> {
    return this.#evaluation.of(() => this.#nodes.state(name))
  }

  /** What the node map says, in the caller's words. */
  async #translated(
    name: string,
    error: unknown,
    during: { wanted: 'read' | 'write'; given?: { type: ValueType; value: FeatureValue } },
  ): Promise<unknown> {
    if (isFramewireError(error) || !(error instanceof Refusal)) return error
    const { failure, register } = error
    const { wanted, given } = during
    const state = await this.#state(name)
    const { access } = state
    const isWritable = access === 'RW' || access === 'WO'
    if (failure.reason === 'description' && (wanted === 'read' || isWritable)) {
      return descriptionError(this.#source, failure.message, error)
    }
    if (failure.reason === 'value' && given) {
      return valueError(name, given.value, expectedOf(given.type, state), failure.message)
    }
    const why = wanted === 'read' || isWritable ? failure.message : `${WHY[access]}; ${failure.message}`
    return accessError(name, access, wanted, why, register)
  }

  #info({ features: _, ...description }: NodeDescription, access: Access): FeatureInfo {
    const category = this.#tree.categoryOf(description.name)
    return {
      ...description,
      ...(category === undefined ? {} : { category }),
      access,
      available: access !== 'NI' && access !== 'NA',
    }
  }

  #node(name: string): NodeDescription {
    const node = this.#tree.nodes.get(name)
    if (!node) throw unknownError(name, this.#tree.nodes.keys())
    return node
  }

  #mustHaveValue({ name, type }: NodeDescription, wanted: 'read' | 'write'): ValueType {
    if (hasValue(type)) return type
    const [access, why] = VALUELESS[type]
    throw accessError(name, access, wanted, why)
  }

  #mustBeCommand(name: string): void {
    const { type } = this.#node(name)
    if (type !== 'command')
      throw accessError(name, 'NA', 'write', `it is no command but ${type}; use get and set`)
  }
}

function isReadable(access: Access): boolean {
  return access === 'RO' || access === 'RW'
}

/** Why a feature cannot be read or written, by its access. */
const WHY: Record<Access, string> = {
  NI: 'this camera does not have it',
  NA: 'it is not available now: other features decide that, or it comes with frames alone',
  RO: 'it is read only, now or ever',
  WO: 'it is write only',
  RW: 'the camera refused',
}

/** Why a feature of this type has no value. */
const VALUELESS: Record<Exclude<FeatureType, ValueType>, [Access, string]> = {
  command: ['WO', 'it is a command; use execute'],
  category: ['RO', 'it is a category; list tells what it holds'],
}
