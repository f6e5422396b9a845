/** Telops FAST cameras: live frames, the onboard buffer, and everything that is set of them. Node only. */
export type { WorkerFiles } from './core/thread.js'
export { type ErrorCode, type ErrorDetails, FramewireError, hasCode, isFramewireError } from './errors.js'
export type { OpenCameraOptions, Reconnected } from './gige/camera.js'
export type { DescriptionOptions } from './gige/description.js'
export type { DiscoveredCamera, DiscoveryOptions } from './gige/discovery.js'
export type { Check, Finding, Level } from './gige/doctor/finding.js'
export { discover, forceIp, type GigeWasm } from './gige/network.js'
export type { ReachableCamera, SelectionOptions } from './gige/selection.js'
export type { DeviceIdentity } from './gige-vision/gvcp.js'
export type { BufferConfiguration, BufferOptions } from './telops/buffer/buffer-configuration.js'
export type { BufferInfo, BufferSequence, BufferStatus } from './telops/buffer/buffer-info.js'
export type {
  ArmOptions,
  BufferWaitOptions,
  BufferWaitResult,
  RecordedFrames,
  RecordOptions,
} from './telops/buffer/buffer-recording.js'
export { TelopsBuffering } from './telops/buffer/buffering.js'
export { type RecordProgress, recordingText } from './telops/buffer/record-progress.js'
export { type CalibrationFile, readCalibrationFiles } from './telops/calibration/calibration-files.js'
export type {
  ActiveCalibration,
  CalibrationChoice,
  CalibrationCollection,
  CalibrationFacts,
  LoadedCalibration,
} from './telops/calibration/calibrations.js'
export { openTelops, TelopsCamera, type TelopsInfo, type TelopsState } from './telops/camera.js'
export { isTelops, type LockProgress, type OpenTelopsOptions } from './telops/connection.js'
export { type PowerState, TelopsDevice } from './telops/device.js'
export type { Diagnostics, TemperaturePlace } from './telops/diagnostics.js'
export { chunksOf, type DownloadedChunk } from './telops/download/chunks.js'
export type { DownloadProgress } from './telops/download/download.js'
export type {
  DownloadedFrames,
  DownloadOptions,
  FileDownloadOptions,
  FrameDownload,
} from './telops/download/options.js'
export type { DownloadedFrame } from './telops/download/ordered-frames.js'
export type { DownloadStatistics } from './telops/download/statistics.js'
export { type PixelUnit, TelopsFrame } from './telops/frame.js'
export type { Pair } from './telops/geometry.js'
export type { BufferingFlag, CalibrationModeName, FrameHeader } from './telops/header.js'
export { TelopsImaging } from './telops/imaging.js'
export type { NucOptions } from './telops/nuc.js'
export { type NotReadyReason, type ReadyOptions, type ReadyProgress, readyText } from './telops/readiness.js'
export {
  type ConvertOptions,
  type TelopsAcquireOptions,
  type TelopsAcquisitionOptions,
  type TelopsFramesOptions,
  TelopsReceiving,
} from './telops/receiving.js'
export type { TelopsSettings } from './telops/settings.js'
export type { Trigger, TriggerOptions } from './telops/trigger.js'
export { type ConnectionFindings, ConnectionReport } from './telops/tuning/connection-report.js'
export type { PacketSizeProbe } from './telops/tuning/packet-size-probe.js'
export type { ConnectionTrial } from './telops/tuning/ranking.js'
export type {
  ConnectionSetting,
  TrialStatistics,
  TunableCamera,
  TunedCamera,
} from './telops/tuning/tunable-camera.js'
export { tuneConnection } from './telops/tuning/tune-connection.js'
export type { TuneOptions, TuneProgress } from './telops/tuning/tune-options.js'
export type { TelopsWarning, TelopsWarningCode } from './telops/warnings.js'
