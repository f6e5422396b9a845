import { readFile } from 'node:fs/promises'
import { FramewireError } from '../errors.js'
import { Bootstrap, URL_BYTES } from '../gige-vision/bootstrap.js'
import type { DescriptionUrl, GigeVision } from '../gige-vision/gige-vision.js'
import type { Registers } from './registers.js'

/** Where the description of a camera's features is taken from. */
export interface DescriptionOptions {
  /** An XML file, or a zip archive with one in it; default what the camera itself has. */
  descriptionFile?: string
}

/** The description of a camera's features as it lies there: XML, or a zip archive with it. */
export interface DescriptionBytes {
  /** Name of the file, for messages. */
  source: string
  bytes: Uint8Array
}

/** The largest description, in bytes: those of real cameras have less than one MB. */
const LIMIT_BYTES = 16 * 1024 * 1024

/**
 * The description of a camera's features, from its own memory or from a file. Rejects with `genicam/description`, and
 * with `gige/...` where the camera cannot be read.
 */
export async function readDescription(
  gige: GigeVision,
  registers: Registers,
  { descriptionFile }: DescriptionOptions,
): Promise<DescriptionBytes> {
  if (descriptionFile !== undefined) return fileBytes(descriptionFile)
  let elsewhere: Exclude<DescriptionUrl, { kind: 'local' }> | undefined
  for (const register of [Bootstrap.firstUrl, Bootstrap.secondUrl]) {
    const url = gige.descriptionUrl(await registers.readMemory(register, URL_BYTES))
    if (url?.kind === 'local') return localBytes(registers, url)
    elsewhere ??= url
  }
  throw elsewhere ? notHere(elsewhere) : fault('the camera', 'it names none. Give descriptionFile')
}

async function localBytes(
  registers: Registers,
  { name, address, bytes }: Extract<DescriptionUrl, { kind: 'local' }>,
): Promise<DescriptionBytes> {
  const there = bytes > 0 && bytes <= LIMIT_BYTES && address + bytes <= 2 ** 32
  if (there) return { source: name, bytes: await registers.readMemory(address, bytes) }
  throw fault(name, `${bytes} bytes at 0x${address.toString(16)} cannot be it. Give descriptionFile`)
}

async function fileBytes(path: string): Promise<DescriptionBytes> {
  try {
    return { source: path, bytes: await readFile(path) }
  } catch (cause) {
    throw fault(path, cause instanceof Error ? cause.message : String(cause), cause)
  }
}

function notHere(url: Exclude<DescriptionUrl, { kind: 'local' }>): FramewireError {
  if (url.kind === 'http') return fault(url.url, 'it is on the web. Fetch it and give it as descriptionFile')
  return fault(url.path, "it is in the manufacturer's installation. Give its path as descriptionFile")
}

function fault(source: string, reason: string, cause?: unknown): FramewireError {
  return new FramewireError(
    'genicam/description',
    `The description of the camera's features (${source}) cannot be fetched: ${reason}.`,
    { source, reason },
    { cause },
  )
}
