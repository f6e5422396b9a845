import { examine } from '../gige.js'
import { findingsText, lookOf } from './findings.js'
import type { Outcome } from './outcome.js'
import type { Output } from './output.js'

/** What the command line says of an examination. */
export interface DoctorOptions {
  camera?: string
}

/** `framewire doctor`: find what ruins an acquisition, and tell what mends it. Fails where something does. */
export async function doctor({ camera }: DoctorOptions, output: Output): Promise<Outcome> {
  output.live('Looking for cameras and trying to receive from them ...')
  const findings = await examine({ camera })
  const count = (wanted: string) => findings.filter(({ level }) => level === wanted).length
  const [errors, warnings] = [count('error'), count('warning')]
  return {
    exitCode: errors > 0 ? 1 : 0,
    value: { errors, warnings, findings },
    text: findingsText(findings, lookOf(process.stdout)),
  }
}
