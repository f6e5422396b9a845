export type { WorkerFiles } from './core/thread.js'
export { type ErrorCode, type ErrorDetails, FramewireError, hasCode, isFramewireError } from './errors.js'
export { blobFolder, blobSource } from './frames/blob.js'
export { chunksOf } from './frames/chunks.js'
export { type Gray, parseGray, parseScale, type Scale } from './frames/conversion.js'
export { openPath } from './frames/file-node.js'
export { openRecording, type RecordingOptions } from './frames/open.js'
export type { RawOptions } from './frames/raw.js'
export type { ByteSource, FrameSource } from './frames/source.js'
export type { Dtype, Frames, PixelData, Stack } from './frames/stack.js'
export type {
  ChunkFault,
  JournalPlace,
  JournalSummary,
  JournalView,
  KeptBody,
  StreamJournal,
} from './journal/place.js'
export type {
  ChunkEntry,
  FrameSession,
  GivenUp,
  JournalNote,
  Json,
  PointsEntry,
  Proof,
  SeriesSession,
  Session,
  SpillEntry,
} from './journal/records.js'
export type { ChunkItem, ItemState, JournalState, PointsItem, SpillItem } from './journal/state.js'
export type { CaptureLosses, FrameGap, LiveOrder } from './packing/live.js'
export type { ChunkHandle } from './streaming/chunk-handle.js'
export type { AttachOptions, Recording, RecordingSummary } from './streaming/live-options.js'
export type { LiveCamera, LiveFormat, LiveRun, LiveSource } from './streaming/live-source.js'
export type { Logger, Verbosity } from './streaming/log.js'
export type {
  ChunkReceipt,
  ChunkState,
  FrameTimes,
  Losses,
  Receipt,
  RefusedChunk,
} from './streaming/receipt.js'
export type {
  ChunkProgress,
  FinalizeOptions,
  PushOptions,
  Resumed,
  RHEEDStreamerOptions,
  RHEEDStreamOptions,
  RunItem,
  RunOptions,
} from './streaming/rheed-options.js'
export type {
  SeriesFinalizeOptions,
  SeriesMultiPush,
  SeriesProgress,
  SeriesPush,
  SeriesRun,
  SeriesRunItem,
  TimeseriesStreamerOptions,
  TimeseriesStreamOptions,
} from './streaming/series-options.js'
export type { SeriesChannel } from './streaming/series-points.js'
export type {
  SeriesChannelReceipt,
  SeriesChunkReceipt,
  SeriesChunkState,
  SeriesReceipt,
} from './streaming/series-receipt.js'
export type { SeriesHandle } from './streaming/series-stream.js'
export { TimeseriesStreamer } from './streaming/timeseries.js'
export type { HttpAnswer, HttpRequest, HttpTransport } from './upload/http.js'
