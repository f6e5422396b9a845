import type { GigeCamera, GigeFrame } from '../gige.js'
import { type CameraOptions, described, withCamera } from './camera.js'
import { assign, assignment } from './features.js'
import { type Grabbable, Grabbing, type GrabbingOptions } from './grabbing.js'
import type { Image } from './image.js'
import { imageFiles } from './image-file.js'
import { interruptible } from './interrupt.js'
import type { Outcome } from './outcome.js'
import type { Output } from './output.js'

/** What the command line says of frames to grab. */
export interface GrabOptions extends CameraOptions, GrabbingOptions {
  out: string
  /** Features to set before, each as `NAME=VALUE`. */
  set?: string[]
}

/** `framewire grab -o FILE`: frames of a camera, in files. Those that came are written, whatever comes after. */
export async function grab(options: GrabOptions, output: Output): Promise<Outcome> {
  const assignments = (options.set ?? []).map(assignment)
  const files = await imageFiles(options.out, options.count)
  return interruptible(
    (signal, exitCode) =>
      withCamera(options, output, async (camera) => {
        await assign(await camera.features(), assignments)
        return new Grabbing(grabbable(camera), files).outcome(options, output, signal, exitCode)
      }),
    (again) => output.note(`framewire: stopping; what came is written. ${again}`),
  )
}

function grabbable(camera: GigeCamera): Grabbable<GigeFrame> {
  const { identity, address } = camera
  return {
    camera: { camera: identity.serialNumber || address, address },
    described: `${described(identity)} at ${address}`,
    acquisition: () => camera.acquisition(),
    image: imageOf,
    kind: ({ pixelFormat: { name } }) => ({ value: { pixelFormat: name }, text: name }),
    told: ({ blockId, timestampNs, capturedAt }) => ({
      blockId: Number(blockId),
      // A text, since it may be larger than JSON's numbers are exact.
      timestampNs: String(timestampNs),
      capturedAt: new Date(capturedAt).toISOString(),
    }),
  }
}

/** The frame as an image: its colours in the order of files, red first. */
export function imageOf({ data, shape, pixelFormat }: GigeFrame): Image {
  const [, , channels] = shape
  if (channels === undefined || !pixelFormat.name.startsWith('BGR')) return { data, shape }
  const swapped = data.slice()
  for (let at = 0; at < data.length; at += channels) {
    swapped[at] = data[at + 2]!
    swapped[at + 2] = data[at]!
  }
  return { data: swapped, shape }
}
