import type { TelopsCamera } from 'framewire/telops'
import { streamChannel } from '../../ts/gige-vision/bootstrap.js'
import { Register, type RegisterName, type TelopsRegister } from '../../ts/telops/registers.js'

/** They say what other registers tell of, or a download sends: they set nothing. */
const SELECTORS: readonly RegisterName[] = [
  'TriggerSelector',
  'MemoryBufferSequenceSelector',
  'MemoryBufferSequenceDownloadFrameID',
  'MemoryBufferSequenceDownloadFrameCount',
  'DeviceTemperatureSelector',
  'DeviceVoltageSelector',
  'DeviceCurrentSelector',
  'CalCollectionSelector',
  'CalBlockSelector',
]
/** They change by themselves, or tell what is going on. */
const CHANGING: readonly RegisterName[] = ['PosixTime', 'MemoryBufferStatus']

/** Everything of a camera that can be set, those of its stream included: bits by name. */
export async function registerValues(camera: TelopsCamera): Promise<Record<string, number>> {
  const values: Record<string, number> = {}
  const registers = Object.entries(Register) as [RegisterName, TelopsRegister][]
  for (const [name, { address, access, type }] of registers) {
    if (access !== 'both' || type === 'command' || [...SELECTORS, ...CHANGING].includes(name)) continue
    try {
      values[name] = await camera.readRegister(address)
    } catch {
      // One that this camera does not have.
    }
  }
  const { packetSize, packetDelay, port } = streamChannel(0)
  for (const [name, address] of Object.entries({ packetSize, packetDelay, port })) {
    values[name] = await camera.readRegister(address)
  }
  return values
}
