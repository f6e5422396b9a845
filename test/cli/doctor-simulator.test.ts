import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Link, layLink } from '../gige/network.js'
import type { Running } from '../gige/process.js'
import { describeWithLink } from '../gige/suite.js'
import { mend } from './cameras.js'
import { CLI } from './command.js'
import { examine, found, levels } from './doctor-bench.js'

describeWithLink('doctor, of a camera that sends test packets and takes addresses', () => {
  let link: Link
  let camera: Running
  beforeEach(async () => {
    link = await layLink({ apart: true })
    const args = ['simulate', 'gige', '--ip', link.here, '--device', link.device, '--serial', 'SIM7']
    camera = link.run('here', process.execPath, [CLI, ...args])
    await camera.line(/SIM7/)
  })
  afterEach(() => link.close())

  it('proves the path with test packets', async () => {
    const told = await examine(link, 'SIM7')
    expect(told.ok).toBe(true)
    expect(levels(told)).toEqual({ subnet: 'ok', link: 'ok', control: 'ok', path: 'ok', stream: 'ok' })
    expect(found(told, 'path')?.details).toMatchObject({ tried: [1500], largest: 1500 })
  })

  it('finds that packets are too large for the way, though not for the interface', async () => {
    link.ip('here', `link set ${link.device} mtu 1400`)
    const told = await examine(link, 'SIM7')
    expect(found(told, 'mtu', 'interface')).toMatchObject({ level: 'ok', details: { mtu: 1500 } })
    expect(found(told, 'path')).toMatchObject({ level: 'warning', details: { largest: 1400 } })
    expect(found(told, 'stream')).toMatchObject({ level: 'ok', details: { packetSize: 1400 } })
  })

  it('finds a camera in another subnet, and brings it into reach', async () => {
    link.ip('there', `addr del ${link.there}/24 dev end`)
    link.ip('there', 'addr add 10.9.8.7/24 brd + dev end')
    const told = await examine(link)
    expect(told.ok).toBe(false)
    // Nothing else is asked of it.
    expect(levels(told)).toEqual({ subnet: 'error' })
    const { fix } = found(told, 'subnet')!
    expect(fix).toMatch(
      /^framewire force-ip ([0-9a-f]{2}:){5}[0-9a-f]{2} 10\.9\.8\.8 --netmask 255\.255\.255\.0 /,
    )
    // The simulated camera has the addresses that its host has.
    link.ip('here', `addr add 10.9.8.8/24 brd + dev ${link.device}`)
    await mend(link, 'there', fix!)
    const mended = await examine(link, 'SIM7')
    expect(levels(mended)).toMatchObject({ subnet: 'ok', control: 'ok', path: 'ok', stream: 'ok' })
    expect(found(mended, 'subnet')!.details).toMatchObject({ address: '10.9.8.8' })
  })

  it('tells a camera that waits for a trigger from a firewall, and lets it go on', async () => {
    await mend(link, 'there', 'framewire features set --camera SIM7 TriggerMode=On')
    const told = await examine(link, 'SIM7')
    expect(told.ok).toBe(true)
    const stream = found(told, 'stream')
    expect(stream).toMatchObject({ level: 'unknown', details: { waitsForTrigger: true } })
    await mend(link, 'there', stream!.fix!)
    expect(levels(await examine(link, 'SIM7'))).toMatchObject({ stream: 'ok' })
  })
})
