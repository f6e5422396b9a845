import type { TelopsCamera, TelopsFrame } from '../../telops.js'
import { type Grabbable, Grabbing, type GrabbingOptions } from '../grabbing.js'
import { imageFiles } from '../image-file.js'
import { type Outcome, usage } from '../outcome.js'
import type { Output } from '../output.js'
import {
  configured,
  described,
  identified,
  interruptibleTelops,
  type SettingOptions,
  type TelopsOptions,
} from './camera.js'

/** What the command line says of values. */
export interface UnitOptions {
  raw?: boolean
  celsius?: boolean
}

/** What the command line says of frames to grab. */
export interface GrabOptions extends TelopsOptions, SettingOptions, UnitOptions, GrabbingOptions {
  out: string
}

/** `framewire telops grab -o FILE`: frames in files. Those that came are written, whatever comes after. */
export async function grab(options: GrabOptions, output: Output): Promise<Outcome> {
  const files = await imageFiles(options.out, options.count)
  const isPng = /\.png$/i.test(options.out)
  if (isPng && options.celsius) {
    throw usage('a .png holds counts: leave --celsius out, or give a .npy, .csv or .tif.')
  }
  const convert = !options.raw && !isPng
  return interruptibleTelops(
    options,
    output,
    'stopping; what came is written.',
    async (camera, signal, exitCode) => {
      await configured(camera, options)
      return new Grabbing(grabbable(camera, convert), files).outcome(options, output, signal, exitCode)
    },
  )
}

function grabbable(camera: TelopsCamera, convert: boolean): Grabbable<TelopsFrame> {
  return {
    camera: identified(camera),
    described: described(camera),
    acquisition: () => camera.acquisition({ convert }),
    image: ({ data, shape }) => ({ data, shape }),
    kind: ({ dtype, unit }) => ({ value: { unit }, text: `${dtype} (${unit})` }),
    told: ({ header }) => ({
      frameId: header?.frameId,
      takenAt: header && new Date(header.takenAt).toISOString(),
    }),
  }
}
