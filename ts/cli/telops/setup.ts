import { networkInterfaces } from 'node:os'
import { examine, type Finding } from '../../gige.js'
import type { Outcome } from '../outcome.js'
import type { Output } from '../output.js'
import type { TelopsOptions } from './camera.js'

/** `framewire telops setup`: the lines that prepare this host, as a shell reads them. Changes nothing. */
export async function setup({ ip, localIp }: TelopsOptions, output: Output): Promise<Outcome> {
  output.live('Looking at this host ...')
  const all = await examine({ camera: ip })
  const device = localIp === undefined ? undefined : deviceOf(localIp)
  const findings = all.filter(
    ({ subject, name }) => subject !== 'interface' || device === undefined || name === device,
  )
  const lines = findings.flatMap(({ fix }) => (fix ? [fix] : []))
  return {
    exitCode: 0,
    value: { lines, findings },
    text: findings.filter(isOfHost).map(linesOf).join('\n'),
  }
}

/** What a camera says of itself is told where there is something to do for it. */
function isOfHost({ subject, fix }: Finding): boolean {
  return subject !== 'camera' || fix !== undefined
}

function linesOf({ subject, name, check, level, message, fix }: Finding): string {
  const about = `# ${subject === 'host' ? '' : `${name}: `}${check.replace('-', ' ')} (${level}): ${message}`
  return fix ? `${about}\n${fix}` : about
}

/** The name of the interface that has an address. */
function deviceOf(address: string): string | undefined {
  const found = Object.entries(networkInterfaces()).find(([, addresses]) =>
    addresses?.some((one) => one.address === address),
  )
  return found?.[0]
}
