/** The embedded ingest server, for labs and for tests. Node only. */
export type { WorkerFiles, WorkerKind } from './core/thread.js'
export { type ErrorCode, type ErrorDetails, FramewireError, hasCode, isFramewireError } from './errors.js'
export type { LogLevel } from './server/app.js'
export type { Inventory, StreamState } from './server/inventory-routes.js'
export { createIngestServer, type IngestServer, type IngestServerOptions } from './server/server.js'
export {
  type ProvableFrames,
  type ProvablePoints,
  type ProvableReceipt,
  parseReceipt,
  receiptProblems,
} from './store/receipt-proof.js'
export type {
  ChannelRecord,
  ChunkClaim,
  ChunkRecord,
  FrameStream,
  SeriesStream,
  StreamRecord,
} from './store/store.js'
export { type ReadOptions, readFrames } from './store/stored-frames.js'
export type {
  FrameReference,
  FramesReport,
  Problem,
  SeriesReport,
  VerifiedChunk,
  VerifiedPoints,
  VerifyOptions,
  VerifyReport,
} from './store/verify.js'
export { verifyStore } from './store/verify-store.js'
