import { type DiscoveredCamera, discover as discoverCameras } from '../gige.js'
import { described } from './camera.js'
import type { Outcome } from './outcome.js'
import type { Output } from './output.js'
import { columns } from './table.js'

/** What the command line says of a search. */
export interface DiscoverOptions {
  /** IPv4 addresses to ask beside. */
  address?: string[]
  /** In seconds. */
  timeout: number
}

/** `framewire discover`: the cameras that answer. Fails where none does. */
export async function discover({ address, timeout }: DiscoverOptions, output: Output): Promise<Outcome> {
  output.live('Looking for cameras ...')
  const cameras = await discoverCameras({ addresses: address, timeoutMs: timeout * 1000 })
  const isOutOfReach = cameras.some(({ reachable }) => !reachable)
  const rows = columns(cameras.map((camera) => [described(camera), ...placeOf(camera)]))
  return {
    exitCode: cameras.length > 0 ? 0 : 1,
    value: { cameras },
    text: [
      rows || 'no camera answers: framewire doctor looks for the reason',
      ...(isOutOfReach ? ['', 'framewire doctor has the line that brings a camera into reach'] : []),
    ].join('\n'),
  }
}

function placeOf({ address, interfaceName, interfaceIp, reachable }: DiscoveredCamera): string[] {
  if (interfaceName === undefined) return [address, 'behind a router', '']
  return [address, `${interfaceName} (${interfaceIp})`, reachable ? '' : 'out of reach: another subnet']
}
