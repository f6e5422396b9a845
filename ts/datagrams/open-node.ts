import type { Datagrams } from './datagrams.js'
import { dgramDatagrams } from './dgram-node.js'
import { shimDatagrams } from './shim-node.js'

let chosen: Datagrams | undefined

/**
 * The network of this host: through the native shim, or, where there is none for this platform, through Node's own
 * sockets, with one warning.
 */
export function nodeDatagrams(): Datagrams {
  chosen ??= choose()
  return chosen
}

function choose(): Datagrams {
  try {
    return shimDatagrams()
  } catch (error) {
    process.emitWarning(
      "framewire's native part cannot be loaded here. Cameras work through Node's own sockets, with several times the " +
        'CPU and a smaller receive buffer: keep to low frame rates.',
      { code: 'FRAMEWIRE_NO_SHIM', detail: String(error) },
    )
    return dgramDatagrams()
  }
}
