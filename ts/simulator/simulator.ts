import { description } from './description.js'
import { Features } from './features.js'
import { checkOptions, type GigeSimulatorOptions, gigeSchema } from './options.js'
import { PIXEL_FORMATS } from './pixel-formats.js'
import { Playback } from './playback.js'
import { type GigeSimulator, switchOn } from './simulated-camera.js'

export type { GigeSimulator, SimulatorStatistics } from './simulated-camera.js'

/**
 * Switch a simulated GigE Vision camera on: any host discovers, controls and receives from it as from a real one. It
 * shows {@link patternWord} or a recording, and has faults that follow from a seed.
 *
 * Throws `simulator/option` (also where another camera has the address), `datagrams/open` (no such address), `core/load`,
 * and as `openPath`.
 */
export async function createGigeSimulator(options: GigeSimulatorOptions = {}): Promise<GigeSimulator> {
  const { source, width, height, pixelFormat, fps, ...checked } = checkOptions(gigeSchema, options)
  const playback = source === 'pattern' ? undefined : await Playback.open(source)
  const initial = {
    width: playback?.width ?? width ?? 640,
    height: playback?.height ?? height ?? 480,
    pixelFormat: PIXEL_FORMATS[playback?.pixelFormat ?? pixelFormat ?? 'Mono8'],
    fps,
  }
  try {
    return await switchOn(checked, {
      manufacturer: 'framewire',
      description: description(checked.zipDescription),
      device: ({ map, actions }) => new Features(map, initial, playback, actions),
    })
  } catch (error) {
    await playback?.close()
    throw error
  }
}
