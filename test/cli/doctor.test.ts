import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Link, layLink } from '../gige/network.js'
import { aravisCamera } from '../gige/peers/peers.js'
import { describeWithPeers } from '../gige/suite.js'
import { mend, runAsNobody, runAt } from './cameras.js'
import { type Examination, examine, found, levels, plugIn } from './doctor-bench.js'

describeWithPeers('doctor', ['arv-fake-gv-camera-0.8', 'nft'], () => {
  let link: Link
  beforeEach(async () => {
    link = await layLink({ apart: true })
    await aravisCamera(link, { serial: 'DOC1', end: 'here' })
  })
  afterEach(() => link.close())

  const nft = (command: string) => mend(link, 'there', `nft '${command}'`)

  it('finds nothing wrong where nothing is', async () => {
    const told = await examine(link, link.here)
    expect(told.ok).toBe(true)
    expect(levels(told)).toEqual({ subnet: 'ok', control: 'ok', path: 'ok', stream: 'ok' })
    expect(found(told, 'stream')).toMatchObject({
      name: 'DOC1',
      details: { packetSize: 1500, missingPackets: 0 },
    })
    expect(found(told, 'link', 'interface')).toMatchObject({ level: 'ok', name: 'end' })
  })

  it('shows it to people', async () => {
    const { code, lines } = await runAt(link, 'there', 'doctor', '--camera', link.here)
    expect(code).toBe(0)
    expect(lines).toContain('This host')
    expect(lines).toContain('Interface end')
    expect(lines).toContain('Camera DOC1')
    expect(lines.join('\n')).toMatch(/^ {2}ok {7}stream {10}a frame of .* came whole$/m)
  })

  it('finds a small MTU, and mends it', async () => {
    link.ip('there', 'link set end mtu 1400')
    const told = await examine(link, link.here)
    const mtu = found(told, 'mtu', 'interface')
    expect(mtu).toMatchObject({ level: 'warning', details: { mtu: 1400 } })
    await mend(link, 'there', mtu!.fix!)
    expect(found(await examine(link, link.here), 'mtu', 'interface')).toMatchObject({
      level: 'ok',
      details: { mtu: 1500 },
    })
  })

  it('finds a firewall that eats the stream, and mends it', async () => {
    await nft('add table inet filter')
    await nft('add chain inet filter input { type filter hook input priority 0 ; policy drop ; }')
    await nft('add rule inet filter input ct state established accept')
    const told = await examine(link, link.here)
    expect(told).toMatchObject({ ok: false, errors: 1 })
    const stream = found(told, 'stream')
    expect(stream).toMatchObject({ level: 'error', details: { firewall: 'nftables' } })
    await mend(link, 'there', stream!.fix!)
    expect(levels(await examine(link, link.here))).toMatchObject({ control: 'ok', stream: 'ok' })
  })

  it('finds a firewall that eats answers to broadcasts, and mends it', async () => {
    await nft('add table ip guard')
    await nft('add chain ip guard incoming { type filter hook input priority 0 ; }')
    await nft('add rule ip guard incoming iifname end ct state != established counter drop')
    const search = () => examine(link)
    const cameras = found(await search(), 'cameras', 'host')
    expect(cameras).toMatchObject({ level: 'error', message: expect.stringContaining('nftables') })
    await mend(link, 'there', cameras!.fix!)
    const told = await search()
    expect(found(told, 'cameras', 'host')).toMatchObject({ level: 'ok' })
    expect(told.findings.some(({ name }) => name === 'DOC1')).toBe(true)
  })

  it('finds another program in control', async () => {
    const script = fileURLToPath(new URL('hold-camera.mjs', import.meta.url))
    const holder = link.run('there', process.execPath, [script, link.here])
    await holder.line(/^held$/)
    const told = await examine(link, link.here)
    expect(told.ok).toBe(false)
    expect(levels(told)).toMatchObject({ control: 'error' })
    expect(found(told, 'stream')).toBeUndefined()
    await holder.stop()
  })

  it('finds a route that leads elsewhere, and mends it', async () => {
    await plugIn(link, 'other')
    link.ip('there', `route add ${link.here}/32 dev other`)
    const route = found(await examine(link, link.here), 'route')
    expect(route).toMatchObject({ level: 'warning', details: { interfaceName: 'end' } })
    await mend(link, 'there', route!.fix!)
    const told = await examine(link, link.here)
    expect(found(told, 'route')).toBeUndefined()
    expect(levels(told)).toMatchObject({ stream: 'ok' })
  })

  it('finds two adapters in one subnet, and mends it', async () => {
    await plugIn(link, 'other')
    link.ip('there', `addr add ${link.there.replace(/\d+$/, '77')}/24 dev other`)
    const subnets = found(await examine(link, link.here), 'subnets', 'host')
    expect(subnets).toMatchObject({ level: 'warning' })
    await mend(link, 'there', subnets!.fix!)
    expect(found(await examine(link, link.here), 'subnets', 'host')).toBeUndefined()
  })

  it('finds nobody of that name, and says who is there', async () => {
    const told = await examine(link, '4711')
    expect(told.ok).toBe(false)
    const cameras = found(told, 'cameras', 'host')
    expect(cameras).toMatchObject({ level: 'error', details: { found: ['DOC1'] } })
    expect(cameras!.message).toMatch(/4711 does not answer \(DOC1 does\)/)
  })

  it('finds how small a receive buffer is for those who are not root', async () => {
    const most = Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8'))
    const { lines } = await runAsNobody(link, 'there', 'doctor', '--camera', link.here, '--json', '--quiet')
    const told = JSON.parse(lines.find((line) => line.startsWith('{'))!) as Examination
    const granted = Math.min(most, 32 * 2 ** 20)
    expect(found(told, 'receive-buffer', 'host')).toMatchObject({
      level: granted < 9_375_000 ? 'warning' : 'ok',
      details: { grantedBytes: granted },
    })
  })
})
