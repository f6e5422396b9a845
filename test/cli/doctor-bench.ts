import type { Check, Finding, Level } from 'framewire/gige'
import { isUp, type Link } from '../gige/network.js'
import { askAt } from './cameras.js'

/** What `doctor --json` prints. */
export interface Examination {
  ok: boolean
  errors: number
  warnings: number
  findings: Finding[]
}

/** Give the host another adapter, with a cable. */
export async function plugIn(link: Link, name: string): Promise<void> {
  link.ip('there', `link add ${name} type veth peer name socket`)
  for (const one of ['socket', name]) link.ip('there', `link set ${one} up`)
  await isUp(link, 'there', name)
}

/** Examine the host; only this camera, where it is named. */
export function examine(link: Link, camera?: string): Promise<Examination> {
  return askAt<Examination>(link, 'there', 'doctor', ...(camera === undefined ? [] : ['--camera', camera]))
}

/** The first finding of a check. */
export function found(
  { findings }: Examination,
  check: Check,
  subject: Finding['subject'] = 'camera',
): Finding | undefined {
  return findings.find((finding) => finding.check === check && finding.subject === subject)
}

/** How bad it is of the camera, by check. */
export function levels({ findings }: Examination): Partial<Record<Check, Level>> {
  const ofCamera = findings.filter(({ subject }) => subject === 'camera')
  return Object.fromEntries(ofCamera.map(({ check, level }) => [check, level]))
}
