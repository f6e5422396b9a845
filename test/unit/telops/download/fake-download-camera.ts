import type { MessagePort as NodePort } from 'node:worker_threads'
import { FramewireError } from '../../../../ts/errors.js'
import type { OutletMessage, ReaderMessage } from '../../../../ts/gige/capture/frame-messages.js'
import type { StreamStatistics } from '../../../../ts/gige/statistics.js'
import type { StreamSettings } from '../../../../ts/gige/stream-options.js'
import type { StreamingCamera } from '../../../../ts/gige/stream-run.js'
import { Status, streamChannel } from '../../../../ts/gige-vision/bootstrap.js'
import type { DownloadCamera } from '../../../../ts/telops/download/buffer-source.js'
import { MemoryBufferDownloadMode, MemoryBufferStatus } from '../../../../ts/telops/enumerations.js'
import { HEADER_ROWS, TelopsFrame, type TelopsFrameParts } from '../../../../ts/telops/frame.js'
import { RegisterAccess } from '../../../../ts/telops/register-access.js'
import { systemClock } from '../../../../ts/upload/clock.js'
import { FakeRegisters } from '../fake-registers.js'
import { type FakeSource, FIRST_ID, HEIGHT, WIDTH } from './fake-source.js'

const { packetSize, packetDelay } = streamChannel(0)

/** A camera with a recording in its buffer, which sends what a {@link FakeSource} says. */
export class FakeDownloadCamera implements DownloadCamera {
  readonly map = new FakeRegisters()
  readonly port = this.map
  readonly clock = systemClock
  readonly registers = new RegisterAccess(this.map, systemClock)
  readonly streaming: StreamingCamera<TelopsFrame>
  /** How its streams were set. */
  readonly settings: StreamSettings[] = []
  /** Packets of this size and larger do not get through. */
  lostFrom = Number.POSITIVE_INFINITY
  readonly #source: FakeSource
  #outlet: NodePort | undefined
  #frames: Iterator<TelopsFrameParts> | undefined
  #packets = 0

  constructor(source: FakeSource, recorded: number) {
    this.#source = source
    const { map } = this
    map.set('MemoryBufferNumberOfSequences', 1)
    map.set('MemoryBufferSequenceRecordedSize', recorded)
    map.set('MemoryBufferSequenceFirstFrameID', FIRST_ID)
    map.set('MemoryBufferSequenceMOIFrameID', FIRST_ID + 2)
    map.set('MemoryBufferSequenceWidth', WIDTH)
    map.set('MemoryBufferSequenceHeight', HEIGHT + HEADER_ROWS)
    map.set('MemoryBufferSequenceDownloadBitRateMax', 400)
    map.writes('MemoryBufferStatus', () => MemoryBufferStatus.IDLE)
    for (const name of ['FrameID', 'FrameCount', 'BitRateMax'] as const) {
      map.writes(`MemoryBufferSequenceDownload${name}`, () => {
        if (map.get('MemoryBufferDownloadMode') === MemoryBufferDownloadMode.SEQUENCE) return undefined
        throw refusal(name)
      })
    }
    this.streaming = this.#streaming()
  }

  /** What a download may have changed. */
  async touched(): Promise<Record<string, number>> {
    return {
      packetSize: await this.map.readRegister(packetSize),
      packetDelay: await this.map.readRegister(packetDelay),
      mode: this.map.get('MemoryBufferDownloadMode'),
      bitrate: this.map.get('MemoryBufferSequenceDownloadBitRateMax'),
    }
  }

  #streaming(): StreamingCamera<TelopsFrame> {
    return {
      address: '192.0.2.1',
      maker: 'telops-counts',
      headerRows: HEADER_ROWS,
      make: (parts, giveBack) => new TelopsFrame(parts, giveBack),
      payloadBytes: async () => 0,
      isTriggered: async () => true,
      startAcquisition: async () => {
        await this.registers.execute('AcquisitionStart')
        const first = this.map.get('MemoryBufferSequenceDownloadFrameID') - FIRST_ID
        const count = this.map.get('MemoryBufferSequenceDownloadFrameCount')
        const { packetSize, maker } = this.settings.at(-1)!
        if (packetSize! < this.lostFrom) this.#frames = this.#source.sent([first, first + count], maker)
        this.#send(0)
      },
      stopAcquisition: () => this.registers.execute('AcquisitionStop'),
      startStream: async (settings, port) => {
        this.settings.push(settings)
        this.#packets = 0
        this.#frames = undefined
        await this.map.writeRegister(packetSize, settings.packetSize!)
        await this.map.writeRegister(packetDelay, settings.packetDelayNs / 8)
        this.#outlet = port as unknown as NodePort
        this.#credit = 0
        this.#outlet.on('message', (message: ReaderMessage) =>
          this.#send('want' in message ? message.want : 0),
        )
        return this.#statistics
      },
      startPacking: () => Promise.reject(new Error('nothing is packed')),
      packetSizeProof: async () => 'unknown',
      streamStatistics: async () => this.#statistics,
      stopStream: async () => this.#statistics,
      returns: 0,
      comeBack: () => undefined,
    }
  }

  #credit = 0

  #send(want: number): void {
    this.#credit += want
    const frames: TelopsFrameParts[] = []
    while (this.#frames && frames.length < this.#credit) {
      const { value, done } = this.#frames.next()
      if (done) break
      frames.push(value)
      this.#packets += 10
    }
    this.#credit -= frames.length
    const message: OutletMessage = { frames: frames as never, passedOver: 0 }
    if (frames.length > 0) this.#outlet!.postMessage(message)
  }

  get #statistics(): StreamStatistics {
    const { packetSize } = this.settings.at(-1)!
    return {
      packets: this.#packets,
      port: 5000,
      packetSize,
      resendPacketsAsked: 0,
      resendPackets: 0,
    } as StreamStatistics
  }
}

function refusal(command: string) {
  return new FramewireError('gige/refused', `refused ${command}`, {
    address: '192.0.2.1',
    command,
    status: Status.writeProtect,
    statusName: 'GEV_STATUS_WRITE_PROTECT',
  })
}
