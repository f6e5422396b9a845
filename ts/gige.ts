/** Live frames of GigE Vision cameras. Node only. */
export { type ErrorCode, type ErrorDetails, FramewireError, hasCode, isFramewireError } from './errors.js'
export type { DeviceIdentity } from './gige-vision/gvcp.js'
