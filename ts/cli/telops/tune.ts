import { tuneConnection } from '../../telops.js'
import type { Outcome } from '../outcome.js'
import type { Output } from '../output.js'
import { identified, interruptibleTelops, type TelopsOptions } from './camera.js'

/** `framewire telops tune`: the best packet size and bitrate for downloads, found with what is recorded. */
export function tune(options: TelopsOptions, output: Output): Promise<Outcome> {
  return interruptibleTelops(options, output, 'stopping.', async (camera, signal): Promise<Outcome> => {
    const onProgress = ({ kind, done, of }: { kind: string; done: number; of: number }) =>
      output.live(`${kind === 'probe' ? 'Packet sizes' : 'Downloads'}: ${done} of ${of} tried`)
    const report = await tuneConnection(camera, { signal, onProgress })
    const { recommended } = report
    const line =
      recommended &&
      `framewire telops download -o FILE --packet-size ${recommended.packetSize} --bitrate ${recommended.bitrateMbps}`
    return {
      exitCode: recommended ? 0 : 1,
      value: { ...identified(camera), ...report.toJSON(), line },
      text: [report.toString(), ...(line ? [`$ ${line}`] : [])].join('\n'),
    }
  })
}
