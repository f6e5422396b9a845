import { z } from 'zod'
import type { WorkerFiles } from '../core/thread.js'
import type { Datagrams } from '../datagrams/datagrams.js'
import { FramewireError } from '../errors.js'
import { HOSTILE, type Hostile, type PacketFaults } from '../gige-vision/sender.js'
import { PIXEL_FORMATS, type SimulatedPixelFormat } from './pixel-formats.js'

/** What goes wrong, all of it drawn from the seed. Numbers from 0 to 1 are probabilities. */
export interface SimulatorFaults extends PacketFaults {
  /** A frame is sent later, by at most so many ms. */
  jitterMs?: number
  /** Packets that are asked for again are sent after so many ms. */
  resendDelayMs?: number
  /** An acknowledge is lost. */
  ackLoss?: number
  /** A command takes `slowMs`. */
  slow?: number
  /** Ms that a slow command takes. Default 700. */
  slowMs?: number
  /** Slow commands are answered with PENDING_ACK at once. */
  pendingAck?: boolean
  /** Nobody is given control. */
  controlDenied?: boolean
  /** The camera's clock is so much too fast, in millionths. */
  clockDriftPpm?: number
  /** The camera restarts so many ms after it begins to stream: it is gone for a second, and knows nothing afterwards. */
  restartAfterMs?: number
}

/** Options of every simulated camera. */
export interface SimulatorOptions {
  /** IPv4 address of this host that is to be the camera's. Default `127.0.0.1`. */
  address?: string
  /** Name of the network interface, where the camera shall hear no other one. */
  device?: string
  /** Default `SIM0001`; of a Telops camera `TEL08050`. */
  serial?: string
  /** Name that a user gave it. Default none. */
  userName?: string
  /** Default `Simulator`; of a Telops camera `FAST-IR`. */
  model?: string
  /** Of everything that is drawn. Default 0. */
  seed?: number
  faults?: SimulatorFaults
  /** What a malicious or broken camera does at every second frame. */
  hostile?: Hostile
  /** Another address of this host, from which a stranger sends. Needed for `foreign-sender`, but for loopback ones. */
  strangerAddress?: string
  /** Block id of the first frame of a session. Default 1. */
  firstBlockId?: number
  /** Block ids go on from session to session, in place of beginning anew. */
  blockIdsGoOn?: boolean
  /** Block ids of 64 bits in extended headers. */
  extendedIds?: boolean
  /** Packets that are sent again state the status PACKET_RESEND, as few cameras do. */
  resendStatus?: boolean
  /** The camera sends packets again. Default true. */
  resends?: boolean
  /** Frames that can be sent again. Default 64. */
  ringFrames?: number
  /** Frames of which a record is kept. Default 100,000. */
  recordFrames?: number
  /** Link speed, in MB of IP packets per second. Default 125; `Infinity` for as fast as this host can. */
  bandwidthMBps?: number
  /** Largest packet, in bytes of the whole IP packet. Default 9000. */
  maxPacketSize?: number
  /** The description (XML) is served as a zip archive. */
  zipDescription?: boolean
  /** Network to be simulated on. Default this host's. */
  datagrams?: Datagrams
  /** Where the WebAssembly file lies, when it was moved away from the library. */
  files?: Pick<WorkerFiles, 'wasmUrl'>
}

/** Options of {@link createGigeSimulator}. */
export interface GigeSimulatorOptions extends SimulatorOptions {
  /** Frames per second at first. Default 25. */
  fps?: number
  /** Pixels of the sensor, and of images at first. Default 640 x 480, a recording's where there is one. */
  width?: number
  height?: number
  /** At first. Default `Mono8`, or that of the recording. */
  pixelFormat?: SimulatedPixelFormat
  /** `pattern`, or the path of a recording, which is shown over and over. Default `pattern`; see `patternWord`. */
  source?: string
}

/** Numbers from 0 to 1. */
export const probability = z.number().min(0).max(1)
const count = z
  .int()
  .min(0)
  .max(2 ** 32 - 1)
/** Up to an hour. */
export const ms = z.number().min(0).max(3_600_000)
const pixels = z.int().min(1).max(65_535)
const text = (bytes: number) => z.string().refine((value) => Buffer.byteLength(value) < bytes)

/** Faults of packets, which the sender draws. */
export const packetFaultsSchema = z.object({
  loss: probability.optional(),
  burstRate: probability.optional(),
  burstPackets: count.optional(),
  reorderPackets: count.optional(),
  duplicate: probability.optional(),
  damage: probability.optional(),
  alter: probability.optional(),
  resendLoss: probability.optional(),
  resendWrong: probability.optional(),
  muteAfterFrames: count.optional(),
  skipEvery: count.optional(),
})

/** Faults of every simulated camera. */
export const faultsSchema = z.strictObject({
  ...packetFaultsSchema.shape,
  jitterMs: ms.default(0),
  resendDelayMs: ms.default(0),
  ackLoss: probability.default(0),
  slow: probability.default(0),
  slowMs: ms.max(65_535).default(700),
  pendingAck: z.boolean().default(false),
  controlDenied: z.boolean().default(false),
  clockDriftPpm: z.number().min(-1e5).max(1e5).default(0),
  restartAfterMs: ms.optional(),
})

/** Options of every simulated camera. */
export const simulatorSchema = z.strictObject({
  address: z.ipv4().default('127.0.0.1'),
  device: z.string().optional(),
  serial: text(16).default('SIM0001'),
  userName: text(16).default(''),
  model: text(32).default('Simulator'),
  seed: z.int().min(0).default(0),
  faults: faultsSchema.prefault({}),
  hostile: z.enum(HOSTILE).optional(),
  strangerAddress: z.ipv4().optional(),
  firstBlockId: z.int().min(1).default(1),
  blockIdsGoOn: z.boolean().default(false),
  extendedIds: z.boolean().default(false),
  resendStatus: z.boolean().default(false),
  resends: z.boolean().default(true),
  ringFrames: z.int().min(1).max(65_536).default(64),
  recordFrames: z.int().min(0).default(100_000),
  bandwidthMBps: z.union([z.number().gt(0), z.literal(Infinity)]).default(125),
  maxPacketSize: z.int().min(576).max(16_260).default(9000),
  zipDescription: z.boolean().default(false),
  datagrams: z.custom<Datagrams>().optional(),
  files: z.custom<Pick<WorkerFiles, 'wasmUrl'>>().optional(),
})

/** Options of a GigE Vision camera like any. */
export const gigeSchema = simulatorSchema.extend({
  fps: z.number().gt(0).max(100_000).default(25),
  width: pixels.optional(),
  height: pixels.optional(),
  pixelFormat: z.enum(Object.keys(PIXEL_FORMATS) as [SimulatedPixelFormat]).optional(),
  source: z.string().min(1).default('pattern'),
})

/** Options that were checked, with defaults. */
export type CheckedOptions = z.infer<typeof simulatorSchema>

/** Faults with their defaults. */
export type CheckedFaults = CheckedOptions['faults']

/** Check options. Throws `simulator/option`. */
export function checkOptions<C extends CheckedOptions>(schema: z.ZodType<C>, options: object): C {
  const result = schema.safeParse(options)
  const issue = result.error?.issues[0]
  if (issue === undefined) {
    const checked = result.data!
    if (!checked.extendedIds && checked.firstBlockId > 0xffff) {
      throw wrongOption('firstBlockId', checked.firstBlockId, 'at most 65535 without extendedIds')
    }
    if (checked.address.startsWith('127.')) checked.strangerAddress ??= '127.255.0.1'
    if (checked.hostile === 'foreign-sender' && checked.strangerAddress === undefined) {
      throw wrongOption('strangerAddress', undefined, 'another address of this host')
    }
    return checked
  }
  const given = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown>)?.[key],
    options,
  )
  throw wrongOption(issue.path.join('.') || 'options', given, issue.message)
}

/** An option that a simulated camera cannot have. */
export function wrongOption(option: string, given: unknown, expected: string) {
  return new FramewireError(
    'simulator/option',
    `A simulated camera cannot have ${option} ${JSON.stringify(given)}: ${expected}.`,
    { option, given, expected },
  )
}
