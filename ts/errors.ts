/** What each error code carries in `details`. The keys are the documented union of codes. */
export interface ErrorDetails {
  /** The pixel type is not one that can be streamed as it is. */
  'frames/dtype': { dtype: string }
  /** The array has a number of axes that is neither (H, W) nor (N, H, W) nor colour. */
  'frames/rank': { shape: readonly number[] }
  /** An axis of the array is zero. */
  'frames/empty': { shape: readonly number[] }
  /** Data, shape and strides do not fit each other. */
  'frames/layout': { expectedBytes?: number; actualBytes?: number; reason?: string }
  /** The frame size differs from that of the stream's first chunk. */
  'frames/size-changed': { expected: readonly number[]; actual: readonly number[] }
  /** A stack holds more frames than the declared chunk size. */
  'frames/too-many': { frames: number; chunkSize: number }
  /** Data wider than 8 bit came without a stated scale. */
  'frames/scale-required': { dtype: string }
  /** Colour frames came without a stated conversion to gray. */
  'frames/gray-required': { shape: readonly number[] }
  /** The stated range or conversion is not one we know. */
  'frames/conversion': { given: unknown }
  /** A recording could not be opened or read. */
  'frames/file-missing': { path: string }
  /** A recording is damaged or not what its name says. */
  'frames/file-format': { path: string; reason: string; offset?: number }
  /** A recording is shorter than its own header says. */
  'frames/file-truncated': { path: string; expectedBytes: number; actualBytes: number }
  /** A recording is sound, but of a kind that is not supported. */
  'frames/file-unsupported': { path: string; reason: string }
  /** A recording unpacks to more than it declares or than is allowed. */
  'frames/file-too-large': { path: string; limitBytes: number }
  /** The system refused to write a file of images; `reason` is its own word. */
  'frames/file-write': { path: string; reason: string }

  /** A constructor or method option is out of its range. */
  'stream/option': { option: string; given: unknown; expected: string }
  /** No stream with this id was initialized by this streamer. */
  'stream/unknown-id': { dataId: string }
  /** The stream was finalized; nothing can be added. */
  'stream/finalized': { dataId: string }
  /** The streamer was closed. */
  'stream/closed': Record<string, never>
  /** A chunk index is negative, fractional or not a number. */
  'stream/chunk-index': { index: unknown }
  /** A chunk index was used before, with other bytes. */
  'stream/chunk-reused': { dataId: string; index: number }
  /** The memory budget is used up; wait for a chunk to be stored and push again. */
  'stream/memory-budget': { budgetBytes: number; heldBytes: number; chunkBytes: number }
  /** The thread that received the frames of a camera ended. */
  'stream/source-lost': { camera: string }
  /** Lists of a time series chunk do not fit each other. */
  'series/points': { channel?: string; chunk?: number; timestamps?: number; values?: number; reason?: string }
  /** The caller's AbortSignal fired. */
  'stream/aborted': { what: string }

  /** The WebAssembly core could not be loaded. */
  'core/load': { url: string }
  /** The core met a state it should never meet; a defect of framewire. */
  'core/internal': { reason: string }

  /** A socket could not be opened; `errno` is the system's own word. */
  'datagrams/open': { address: string; port: number; device?: string; errno: string }
  /** This platform's sockets cannot do what is asked for. */
  'datagrams/unsupported': { option: string }
  /** A packet could not be sent. */
  'datagrams/send': { address: string; port: number; errno: string }
  /** The system refused to receive: the interface went away, for one. */
  'datagrams/receive': { address: string; port: number; errno: string }
  /** The socket was closed. */
  'datagrams/closed': { address: string; port: number }

  /** Bytes that are no packet of GigE Vision, or values that no packet can hold. */
  'gige/packet': { reason: string }
  /** An option of a camera, or of what is done with it, is out of its range. */
  'gige/option': { option: string; given: unknown; expected: string }
  /** No camera fits the selector. */
  'gige/not-found': { selector: string; found: readonly string[] }
  /** The camera does not answer. */
  'gige/no-answer': { address: string; command: string; tries: number }
  /** The camera answered that it will not. */
  'gige/refused': { address: string; command: string; status: number; statusName: string }
  /** Another host controls the camera. */
  'gige/control-denied': { address: string; holder?: string }
  /** Control of the camera was lost: it was switched off, unplugged or taken over. */
  'gige/control-lost': { address: string; reason: string }
  /** The camera was closed. */
  'gige/closed': { address: string }
  /** The camera started, but not one packet of its stream came. */
  'gige/no-stream': { address: string; port: number; waitedMs: number }
  /** Packets came, but no frame in time. */
  'gige/no-frame': {
    address: string
    waitedMs: number
    complete: number
    incomplete: number
    queueFull: number
  }
  /** The camera is acquiring already. */
  'gige/acquiring': { address: string }
  /** No packet size gets through. */
  'gige/packet-size': { address: string; tried: readonly number[] }
  /** What the camera sends is not supported. */
  'gige/unsupported': { what: string }

  /** The description of a camera's features cannot be fetched or read. */
  'genicam/description': { source: string; reason: string }
  /** The camera has no such feature. */
  'genicam/unknown': { feature: string; similar: readonly string[] }
  /** The feature cannot be read, or written, now or ever. */
  'genicam/access': { feature: string; access: string; wanted: 'read' | 'write' }
  /** The value is none that the feature takes; `expected` says which. */
  'genicam/value': { feature: string; given: unknown; expected: string }

  /** An option of a Telops camera, or one of its settings, is out of its range. */
  'telops/option': { option: string; given: unknown; expected: string }
  /** The camera is none of Telops. */
  'telops/other-camera': { address: string; manufacturer: string; model: string }
  /** Another program controls the camera, and did not let go of it. */
  'telops/locked': { address: string; holder?: string; waitedMs: number }
  /** The camera does not become ready; `reasons` are bits of its TDCStatus. */
  'telops/not-ready': { reasons: readonly string[]; sensorTemperatureC?: number; waitedMs: number }
  /** The camera will not read, or write, a register; `statusName` is its own word. */
  'telops/refused': { register: string; value?: number; statusName: string; tries: number }
  /** A register of the camera holds what means nothing known. */
  'telops/answer': { register: string; value: number }
  /** What the camera was to do is not done in time. */
  'telops/timeout': { what: string; waitedMs: number }
  /** The buffer does not record, so that no moment of interest can be fired. */
  'telops/not-armed': Record<string, never>
  /** The buffer has no such sequence. */
  'telops/no-sequence': { sequence: unknown; sequences: number }
  /** No calibration of the camera fits. */
  'telops/calibration': { reason: string }
  /** The folder of calibration files cannot be read. */
  'telops/calibration-files': { path: string; reason: string }

  /**
   * Frames of a download never came whole. `stats`: a `DownloadStatistics`; `partial`: what came, as the download would
   * have answered it.
   */
  'telops/frame-integrity': { nIncomplete: number; nStrideGaps: number; stats: unknown; partial?: unknown }
  /** Nothing was recorded in a sequence. */
  'telops/no-frames': { sequence: number }
  /** Tuning found nothing that could be recommended. */
  'telops/no-recommendation': Record<string, never>
  /** A download does not fit into memory. */
  'telops/too-large': { bytes: number; mostBytes: number }
  /** A file, or the record beside it, is not of this download. */
  'telops/resume': { path: string; reason: string }
  /** The system refused to read or write a file of a download; `reason` is its own word. */
  'telops/write': { path: string; reason: string }
  /** An option of a simulated camera is out of its range. */
  'simulator/option': { option: string; given: unknown; expected: string }

  /** A worker ended while it held frames of this chunk, twice. */
  'packing/worker-lost': { chunk: number; frame: number; exitCode?: number }
  /** Packing a frame threw, twice. */
  'packing/failed': { chunk: number; frame: number }
  /** The sealing worker of a stream ended. */
  'sealing/worker-lost': { chunk?: number }

  /** The shard is shorter than its index, or its index names bytes outside of it. */
  'shard/truncated': { bytes: number; needed: number }
  /** The shard's index does not match its CRC32C. */
  'shard/index-crc': { expected: number; actual: number }
  /** The index entry of a frame is impossible. */
  'shard/index-entry': { frame: number; offset: number; length: number }
  /** A frame's bytes are damaged: not zstd, cut, or its checksum differs. */
  'shard/frame': { frame: number; reason: string }
  /** A frame unpacks to another size than the declared dims. */
  'shard/frame-size': { frame: number; expectedBytes: number; actualBytes: number }
  /** A frame is absent from the shard. */
  'shard/frame-absent': { frame: number }

  /** There is no journal of this stream at this place. */
  'journal/missing': { path: string }
  /** There is a journal of this stream already. */
  'journal/exists': { path: string }
  /** A crash came before the journal was begun: nothing was ever accepted into it. */
  'journal/unbegun': { path: string }
  /** The journal's stream is whole, and was kept as a local store. */
  'journal/kept': { path: string }
  /** The stream is whole, but no local store could be made of its journal. */
  'journal/not-kept': { dataId: string; receipt?: unknown }
  /** A journal is damaged: its log (`offset`) or the file of a chunk. */
  'journal/damaged': { path: string; reason: string; offset?: number; chunk?: number }
  /** A journal was written by another version of framewire, in a format that is not known here. */
  'journal/version': { path: string; version: unknown }
  /** The journal is open already, in the process `pid`. */
  'journal/locked': { path: string; pid?: number }
  /** The journal's folder, or a file in it, was taken away. */
  'journal/vanished': { path: string }
  /** The disk of the journal is full. */
  'journal/full': { path: string }
  /** The chunk would take more of the disk than the journal may. */
  'journal/budget': { budgetBytes: number; heldBytes: number; chunkBytes: number }
  /** The system refused to read or write the journal; `reason` is its own word. */
  'journal/disk': { path: string; reason: string }
  /** A journal that is to be removed holds chunks that are stored nowhere else. */
  'journal/needed': { path: string; chunks: number }
  /** After a failed write the log could not be brought back to a known state: it takes nothing more. */
  'journal/broken': { path: string; reason: string }

  /** No answer from the service: name lookup, connection, time-out. */
  'upload/unreachable': { method: string; url: string }
  /** The service answered with a status that no retry can mend. */
  'upload/rejected': {
    method: string
    url: string
    status: number
    body: string
    /** How long the service asked to wait (`Retry-After`), in ms. */
    retryAfterMs?: number
  }
  /** The service refused the API key. */
  'upload/unauthorized': { method: string; url: string; status: number }
  /** The service answered with something else than the API says. */
  'upload/answer': { method: string; url: string; reason: string }
  /** The stored bytes are not ours: the ETag is an MD5 and differs, twice. */
  'upload/etag-mismatch': { chunk: number; expected: string; actual: string }
  /** The stream was finalized, but chunks are missing; the receipt names them. */
  'upload/incomplete': { dataId: string; missing: readonly number[]; receipt?: unknown }
  /** The drain time-out passed before every chunk was stored. */
  'upload/undrained': { dataId: string; pending: readonly number[]; receipt?: unknown }
  /** A sample or tag given by id does not exist at the service. */
  'link/not-found': { kind: 'sample' | 'tag'; id: string }
  /** The stream was created, but linking it failed, so it was ended. */
  'link/failed': { dataId: string; what: 'sample' | 'tags' | 'project' }

  /** The server was given an option that it cannot serve with. */
  'server/option': { option: string; given: unknown; expected: string }
  /** The store could not be read or written. */
  'server/store': { path: string; reason: string }
  /** The disk of the store is full. */
  'server/full': { path: string }
  /** Capture times were told of a chunk that is not held (`frames` is 0), or has another number of frames. */
  'server/times': { chunk: number; frames: number; times: number }
  /** What the store holds differs from what it should hold. */
  'server/verify': { dataId: string; reason: string; chunk?: number; frame?: number }
}

/** The documented union of error codes; `room/defect`. */
export type ErrorCode = keyof ErrorDetails

/**
 * Every error that framewire throws on purpose. Guard by `code` ({@link hasCode}), never by `instanceof`:
 * an error that came from a worker or from a second copy of the library has the same code.
 */
export class FramewireError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'FramewireError'
  /** What went wrong, for programs. */
  readonly code: C
  /** The figures behind the message. */
  readonly details: ErrorDetails[C]

  /** @param message what was wrong and what to do about it, for people */
  constructor(code: C, message: string, details: ErrorDetails[C], options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
    this.details = details
  }
}

/** Whether `error` is a framewire error with this code (narrows `details`). */
export function hasCode<C extends ErrorCode>(error: unknown, code: C): error is FramewireError<C> {
  return error instanceof Error && (error as { code?: unknown }).code === code
}

/** Whether `error` is any framewire error. */
export function isFramewireError(error: unknown): error is FramewireError {
  return error instanceof Error && error.name === 'FramewireError'
}
