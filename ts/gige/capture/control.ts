import { addressText } from '../../datagrams/ipv4.js'
import { hasCode } from '../../errors.js'
import { Bootstrap, ControlPrivilege, GvcpCapability, Status } from '../../gige-vision/bootstrap.js'
import { type Clock, systemClock } from '../../upload/clock.js'
import { deniedFault, lostFault } from '../faults.js'
import type { ControlChannel } from './control-channel.js'

/** Bit of the GVCP configuration: PENDING_ACK may be sent. */
const PENDING_ACKS = 2

/** How control of a camera is kept. */
export interface ControlOptions {
  /** After how many ms without a word of the host the camera shall let go of it. */
  heartbeatTimeoutMs: number
  /** Called once, when control was lost, with a `gige/control-lost`. */
  onLost: (error: Error) => void
  clock?: Clock
}

/**
 * Control of a camera: taken, kept by a heartbeat, given back. The heartbeat reads who is in control three times in
 * each time-out of the camera.
 */
export class Control {
  readonly #channel: ControlChannel
  readonly #timeoutMs: number
  readonly #onLost: (error: Error) => void
  readonly #clock: Clock
  /** Whether the camera tells which host is in control. */
  readonly #namesHolder: boolean
  #cancel: () => void = () => {}
  #held = true
  #certainAt: number

  /** Take control. Rejects with `gige/control-denied` where another host has it. */
  static async take(channel: ControlChannel, options: ControlOptions): Promise<Control> {
    try {
      await channel.writeRegister(Bootstrap.controlChannelPrivilege, ControlPrivilege.control)
    } catch (error) {
      if (!isDenied(error)) throw error
      throw deniedFault(channel.camera.address, await holderOf(channel), error)
    }
    try {
      const timeoutMs = await setHeartbeatTimeout(channel, options.heartbeatTimeoutMs)
      const capability = await channel.readRegister(Bootstrap.gvcpCapability)
      if (capability & GvcpCapability.pendingAck) await enablePendingAcks(channel)
      return new Control(channel, options, timeoutMs, (capability & GvcpCapability.primaryApplication) !== 0)
    } catch (error) {
      await letGo(channel)
      throw error
    }
  }

  private constructor(
    channel: ControlChannel,
    { onLost, clock = systemClock }: ControlOptions,
    timeoutMs: number,
    namesHolder: boolean,
  ) {
    this.#channel = channel
    this.#timeoutMs = timeoutMs
    this.#onLost = onLost
    this.#clock = clock
    this.#namesHolder = namesHolder
    this.#certainAt = clock.now()
    this.#schedule()
  }

  /** When control was last certain, by the clock. */
  get certainAt(): number {
    return this.#certainAt
  }

  /** Look now whether it is still held, in place of at the next heartbeat. */
  async confirm(): Promise<void> {
    if (!this.#held) return
    this.#cancel()
    await this.#beat()
  }

  /** Give control back, where it is still held. Never rejects: a camera that is gone lets go by itself. */
  async release(): Promise<void> {
    if (!this.#held) return
    this.#stop()
    await letGo(this.#channel)
  }

  #schedule(): void {
    this.#cancel = this.#clock.after(this.#timeoutMs / 3, () => void this.#beat())
  }

  #stop(): void {
    this.#held = false
    this.#cancel()
  }

  async #beat(): Promise<void> {
    const loss = await this.#loss()
    if (!this.#held) return
    if (loss === undefined) return this.#schedule()
    this.#stop()
    this.#onLost(loss)
  }

  /** Why control is lost; undefined while it is not. */
  async #loss(): Promise<Error | undefined> {
    const { address } = this.#channel.camera
    try {
      const privilege = await this.#channel.readRegister(Bootstrap.controlChannelPrivilege)
      if ((privilege & (ControlPrivilege.control | ControlPrivilege.exclusive)) === 0) {
        return lostFault(address, 'the camera was restarted, or did not hear from this host in time')
      }
      const holder = this.#namesHolder ? await holderOf(this.#channel) : undefined
      if (holder !== undefined && holder !== this.#channel.local.address) {
        return lostFault(address, `the host ${holder} took it over`)
      }
      this.#certainAt = this.#clock.now()
      return undefined
    } catch (error) {
      if (isDenied(error)) return lostFault(address, 'another host took it over', error)
      // Any other refusal is a word of the camera's, too.
      if (hasCode(error, 'gige/refused')) return undefined
      const silentMs = this.#clock.now() - this.#channel.answeredAt
      if (hasCode(error, 'gige/no-answer') && silentMs < this.#timeoutMs) return undefined
      return lostFault(address, 'the camera does not answer', error)
    }
  }
}

/** What the camera makes of the time-out asked for: it may have limits of its own. */
async function setHeartbeatTimeout(channel: ControlChannel, timeoutMs: number): Promise<number> {
  try {
    await channel.writeRegister(Bootstrap.heartbeatTimeout, timeoutMs)
  } catch (error) {
    if (!hasCode(error, 'gige/refused')) throw error
  }
  return (await channel.readRegister(Bootstrap.heartbeatTimeout)) || timeoutMs
}

/** Slow commands are then answered at once with how long they take; many cameras do not say so unasked. */
async function enablePendingAcks(channel: ControlChannel): Promise<void> {
  try {
    const configuration = await channel.readRegister(Bootstrap.gvcpConfiguration)
    await channel.writeRegister(Bootstrap.gvcpConfiguration, configuration | PENDING_ACKS)
  } catch (error) {
    if (!hasCode(error, 'gige/refused')) throw error
  }
}

/** IP address of the host in control, where the camera tells. */
async function holderOf(channel: ControlChannel): Promise<string | undefined> {
  try {
    const address = await channel.readRegister(Bootstrap.primaryApplicationIp)
    return address === 0 ? undefined : addressText(address)
  } catch (error) {
    if (hasCode(error, 'gige/refused')) return undefined
    throw error
  }
}

async function letGo(channel: ControlChannel): Promise<void> {
  await channel.writeRegister(Bootstrap.controlChannelPrivilege, 0).catch(() => {})
}

/** The camera says that this host is not in control, or not of that. */
export function isDenied(error: unknown): boolean {
  return hasCode(error, 'gige/refused') && error.details.status === Status.accessDenied
}
