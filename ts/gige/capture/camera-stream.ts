import type { Datagrams } from '../../datagrams/datagrams.js'
import { FramewireError } from '../../errors.js'
import type { GigeVision } from '../../gige-vision/gige-vision.js'
import type { SessionEnd } from '../../gige-vision/reassembler.js'
import type { CaptureLosses, LiveOrder } from '../../packing/live.js'
import { frameLosses, type StreamStatistics } from '../statistics.js'
import { acquiringFault } from '../stream-faults.js'
import { buffersFor, type StreamSettings } from '../stream-options.js'
import type { ControlChannel } from './control-channel.js'
import { CreditOutlet } from './credit-outlet.js'
import type { FrameMakers, FrameOutlet } from './outlet.js'
import { PackingOutlet } from './packing-outlet.js'
import { type PacketSizeProof, StreamSession } from './stream-session.js'

/** Images that stay free for what is being received while packing holds all others. */
const RECEIVING = 2

/** The stream of a camera: one session after another, each with its way out. */
export class CameraStream {
  readonly #gige: GigeVision
  readonly #datagrams: Datagrams
  readonly #makers: FrameMakers
  #running: { session: StreamSession; outlet: FrameOutlet } | undefined
  #isStarting = false
  #ending: Promise<void> = Promise.resolve()
  /** Late packets of the last session are told by it. */
  #previous: SessionEnd | undefined
  #last: StreamStatistics | undefined

  constructor(gige: GigeVision, datagrams: Datagrams, makers: FrameMakers) {
    this.#gige = gige
    this.#makers = makers
    this.#datagrams = datagrams
  }

  /** Have frames sent, and hand them to the reader at the other end of `port`, by credit. */
  async toReader(
    control: ControlChannel,
    settings: StreamSettings,
    port: MessagePort,
  ): Promise<StreamStatistics> {
    return this.#start(
      control,
      settings,
      port,
      () => new CreditOutlet(port, this.#makers[settings.maker]!(this.#gige, settings)),
    )
  }

  /** Have frames sent, and hand them to packing workers; the main thread commands at the other end of `port`. */
  async toPacking(
    control: ControlChannel,
    settings: StreamSettings,
    port: MessagePort,
    order: LiveOrder,
  ): Promise<StreamStatistics> {
    const { headerRows } = settings
    const mostHeld = buffersFor(settings) - RECEIVING
    const losses = (): CaptureLosses => {
      // Before the session there is nothing, though there may be counts of the one before.
      const session = this.#running?.session
      return session ? frameLosses(session.statistics()) : { camera: 0, wire: 0, kernel: 0, app: 0 }
    }
    return this.#start(
      control,
      settings,
      port,
      () => new PackingOutlet(port, order, { mostHeld, losses, headerRows }),
    )
  }

  /** See `StreamSession.packetSizeProof`. */
  async packetSizeProof(timeoutMs: number): Promise<PacketSizeProof> {
    return this.#running?.session.packetSizeProof(timeoutMs) ?? 'unknown'
  }

  /** Of the session that runs, or of the last one. */
  statistics(): StreamStatistics {
    const statistics = this.#running?.session.statistics() ?? this.#last
    if (statistics) return statistics
    throw new FramewireError('core/internal', 'There was no stream yet.', { reason: 'no stream yet' })
  }

  /** End the session, where one runs. Its counts, or those of the last one. Rejects where it broke; it is ended then, too. */
  async stop(): Promise<StreamStatistics> {
    await this.end()
    return this.statistics()
  }

  /**
   * End the session, where one runs: the way out ends behind its last frame, with `reason` where nobody asked for it.
   * Rejects as {@link stop}.
   */
  async end(reason?: unknown): Promise<void> {
    const ended = this.#ending.then(() => this.#end(reason))
    // Whoever asked for it is told of what went wrong; the next one is ended all the same.
    this.#ending = ended.catch(() => {})
    await ended
  }

  async #end(reason: unknown): Promise<void> {
    const running = this.#running
    if (!running) return
    const { session, outlet } = running
    let why = reason
    this.#previous = undefined
    try {
      this.#previous = await session.stop()
    } catch (error) {
      why ??= error
      throw error
    } finally {
      this.#last = session.statistics()
      try {
        outlet.close(why)
      } finally {
        this.#running = undefined
        session.free()
      }
    }
  }

  async #start(
    control: ControlChannel,
    settings: StreamSettings,
    port: MessagePort,
    makeOutlet: () => FrameOutlet,
  ): Promise<StreamStatistics> {
    if (this.#running || this.#isStarting) {
      port.close()
      throw acquiringFault(control.camera.address)
    }
    this.#isStarting = true
    const outlet = makeOutlet()
    try {
      const parts = {
        gige: this.#gige,
        datagrams: this.#datagrams,
        control,
        outlet,
        previous: settings.recorded ? undefined : this.#previous,
      }
      const onBroken = (error: unknown) => outlet.close(error)
      const session = await StreamSession.start({ ...parts, onBroken }, settings)
      this.#running = { session, outlet }
      return session.statistics()
    } catch (error) {
      outlet.close(error)
      throw error
    } finally {
      this.#isStarting = false
    }
  }
}
