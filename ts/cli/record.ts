import type { GigeCamera } from '../gige.js'
import { described, withCamera } from './camera.js'
import { assign, assignment } from './features.js'
import { type InterruptedCode, interruptible } from './interrupt.js'
import { mustBeNew } from './new-file.js'
import { failed, type Outcome, usage } from './outcome.js'
import type { Output } from './output.js'
import { recordNpy } from './record-npy.js'
import { recordStream } from './record-stream.js'
import { recordZarr } from './record-zarr.js'
import type { Recorded, RecordOptions } from './recorded-camera.js'
import { table } from './table.js'

/** `framewire record`: a camera, to a file or a service, until it is interrupted or has sent what was asked for. */
export async function record(options: RecordOptions, output: Output): Promise<Outcome> {
  const into = await targetOf(options)
  const assignments = (options.set ?? []).map(assignment)
  return interruptible(
    (signal, exitCode) =>
      withCamera(options, output, async (camera) => {
        await assign(await camera.features(), assignments)
        return outcome(camera, await into({ camera, options, output, signal }), signal.aborted && exitCode())
      }),
    (again) => output.note(`framewire: stopping the camera; what came is kept. ${again}`),
  )
}

/** Where frames shall go. Throws a usage error. */
async function targetOf({ out, stream, journal, keep }: RecordOptions) {
  if ((out === undefined) === !stream)
    throw usage('say where frames shall go: --out FILE, or --stream to a service.')
  if (keep && journal === false)
    throw usage('--keep makes a local store of the journal: leave --no-journal out.')
  if (out === undefined) return recordStream
  const kind = /\.(npy|zarr)$/.exec(out)?.[1]
  if (!kind)
    throw usage('--out must end in .npy (pixels as they come) or .zarr (8 bit, with times and gaps).')
  await mustBeNew(out)
  return kind === 'npy' ? recordNpy : recordZarr
}

function outcome(
  camera: GigeCamera,
  { value, rows, text, hint, error }: Recorded,
  interrupted: InterruptedCode | false,
): Outcome {
  const { identity, address } = camera
  const all = {
    camera: identity.serialNumber || address,
    address,
    ...value,
    interrupted: interrupted !== false,
    ...(hint !== undefined && { hint }),
  }
  const about = table([['Camera', `${described(identity)} at ${address}`], ...rows, ['Left', hint]])
  const shown = text ? `${about}\n${text}` : about
  if (error) return failed(error, all, shown)
  return { exitCode: interrupted || 0, value: all, text: shown }
}
