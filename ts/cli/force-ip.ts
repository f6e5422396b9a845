import { type ForceIpOptions, forceIp as moveCamera } from '../gige.js'
import { described } from './camera.js'
import type { Outcome } from './outcome.js'
import type { Output } from './output.js'
import { table } from './table.js'

/** What the command line says of a camera's new address. */
export type MoveOptions = Pick<ForceIpOptions, 'netmask' | 'gateway' | 'interface'>

/** `framewire force-ip MAC ADDRESS`: give a camera another IP address until it is switched off. */
export async function forceIp(
  mac: string,
  address: string,
  { netmask, gateway, interface: through }: MoveOptions,
  output: Output,
): Promise<Outcome> {
  output.live(`Giving ${mac} the address ${address} ...`)
  const camera = await moveCamera({ mac, address, netmask, gateway, interface: through })
  const way = camera.interfaceName ? `, on ${camera.interfaceName}` : ''
  return {
    exitCode: 0,
    value: { camera },
    text: table([
      ['Camera', described(camera)],
      ['Address', `${camera.address}${way}, until it is switched off`],
    ]),
  }
}
