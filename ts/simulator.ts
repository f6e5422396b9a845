/** Simulated cameras, with faults from a seed, for tests of one's own. Node only. */

export type { Endpoint } from './datagrams/datagrams.js'
export { type ErrorCode, type ErrorDetails, FramewireError, hasCode, isFramewireError } from './errors.js'
export type { PacketRange } from './gige-vision/reassembler.js'
export { type FrameRecord, HOSTILE, type Hostile, type PacketFaults } from './gige-vision/sender.js'
export type { GigeSimulatorOptions, SimulatorFaults, SimulatorOptions } from './simulator/options.js'
export {
  expectedPixel,
  isPattern,
  type PatternImage,
  patternFrameNumber,
  patternWord,
} from './simulator/pattern.js'
export type { SimulatedPixelFormat } from './simulator/pixel-formats.js'
export { createGigeSimulator, type GigeSimulator, type SimulatorStatistics } from './simulator/simulator.js'
export { telopsCount, telopsFrame, telopsValues } from './simulator/telops/formula.js'
export type { TelopsFaults, TelopsSimulatorOptions } from './simulator/telops/options.js'
export { createTelopsSimulator, type TelopsSimulator } from './simulator/telops/simulator.js'
