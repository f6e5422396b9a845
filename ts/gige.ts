/** Live frames of GigE Vision cameras. Node only. */
export type { WorkerFiles } from './core/thread.js'
export { type ErrorCode, type ErrorDetails, FramewireError, hasCode, isFramewireError } from './errors.js'
export type {
  Access,
  CameraDescription,
  EnumerationEntry,
  FeatureDescription,
  FeatureDetails,
  FeatureInfo,
  FeatureType,
  FeatureValue,
  Visibility,
} from './genicam/feature.js'
export type { Features, ListOptions } from './genicam/features.js'
export type {
  AcquireOptions,
  Acquisition,
  AcquisitionOptions,
  FramesOptions,
} from './gige/acquisition.js'
export type { Audience } from './gige/broadcast.js'
export { GigeCamera, type OpenCameraOptions, openCamera, type Reconnected } from './gige/camera.js'
export type { DescriptionBytes, DescriptionOptions } from './gige/description.js'
export type { DiscoveredCamera, DiscoveryOptions } from './gige/discovery.js'
export { type ExaminationFiles, type ExamineOptions, examine } from './gige/doctor/doctor.js'
export type { Check, Finding, Level } from './gige/doctor/finding.js'
export type { ForceIpOptions } from './gige/force-ip.js'
export type { GigeFrame } from './gige/frame.js'
export type { ReadCounts, ReadOptions } from './gige/frame-reader.js'
export { discover, forceIp, type GigeWasm } from './gige/network.js'
export type { PixelFormat } from './gige/pixel-format.js'
export type { Registers } from './gige/registers.js'
export type { ReachableCamera, SelectionOptions } from './gige/selection.js'
export { StandardFeatures } from './gige/standard-features.js'
export type { AcquisitionStatistics, StreamStatistics } from './gige/statistics.js'
export type { StreamOptions } from './gige/stream-options.js'
export type { DeviceIdentity } from './gige-vision/gvcp.js'
export type { PacketRange, ResendPolicy } from './gige-vision/reassembler.js'
export type { CaptureLosses } from './packing/live.js'
