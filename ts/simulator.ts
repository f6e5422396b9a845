/** Simulated cameras, with faults from a seed, for tests of one's own. Node only. */
export { type ErrorCode, type ErrorDetails, FramewireError, hasCode, isFramewireError } from './errors.js'
