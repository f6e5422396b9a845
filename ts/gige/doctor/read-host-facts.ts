import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import type { Datagrams } from '../../datagrams/datagrams.js'
import { addressText } from '../../datagrams/ipv4.js'
import type { NetworkInterface } from '../../datagrams/network-interface.js'
import { WANTED_RECEIVE_BUFFER_BYTES } from '../receive-buffer.js'
import { droppingChains, type Firewall } from './firewall.js'
import type { Adapter, HostFacts } from './host-facts.js'
import type { Route } from './route.js'

/** Longest time for a command of the system, in ms. */
const COMMAND_MS = 5000

/** Where facts come from; whatever is not there is undefined. */
export interface Sources {
  platform: NodeJS.Platform
  file(path: string): Promise<string | undefined>
  folder(path: string): Promise<string[]>
  /** What a command prints; undefined, too, where it fails. */
  command(name: string, ...args: string[]): Promise<string | undefined>
}

/** This system. */
export const SYSTEM: Sources = {
  platform: process.platform,
  file: (path) => readFile(path, 'utf8').then((text) => text.trim(), unknown),
  folder: (path) => readdir(path).catch(() => []),
  command: (name, ...args) =>
    new Promise((resolve) => {
      execFile(name, args, { timeout: COMMAND_MS }, (error, stdout) => resolve(error ? undefined : stdout))
    }),
}

function unknown(): undefined {
  return undefined
}

/** Read what the doctor looks at; changes nothing. Throws `datagrams/open` where this host has no sockets at all. */
export async function readHostFacts(datagrams: Datagrams, sources: Sources = SYSTEM): Promise<HostFacts> {
  const socket = await datagrams.open({ receiveBufferBytes: WANTED_RECEIVE_BUFFER_BYTES })
  await socket.close()
  const [governors, interfaces, routes, firewall] = await Promise.all([
    readGovernors(sources),
    Promise.all(datagrams.interfaces().map((one) => readAdapter(one, sources))),
    sources.file('/proc/net/route').then((text) => text && routesOf(text)),
    readFirewall(sources),
  ])
  return {
    platform: sources.platform,
    // Node's sockets do not tell what the kernel dropped.
    nativeSockets: socket.kernelDrops !== undefined,
    receiveBufferBytes: socket.receiveBufferBytes,
    governors,
    interfaces,
    routes: routes || undefined,
    firewall,
  }
}

async function readGovernors({ folder, file }: Sources): Promise<string[]> {
  const root = '/sys/devices/system/cpu'
  const cpus = (await folder(root)).filter((name) => /^cpu\d+$/.test(name))
  const governors = await Promise.all(cpus.map((cpu) => file(`${root}/${cpu}/cpufreq/scaling_governor`)))
  return governors.filter((governor) => governor !== undefined)
}

async function readAdapter(one: NetworkInterface, { file, command }: Sources): Promise<Adapter> {
  const [usbSpeed, ring] = await Promise.all([
    // The device is a function of the USB device above it.
    one.kind === 'usb' ? file(`/sys/class/net/${one.name}/device/../speed`) : undefined,
    one.kind === 'ethernet' || one.kind === 'usb' ? command('ethtool', '-g', one.name) : undefined,
  ])
  return { ...one, usbSpeedMbps: Number(usbSpeed) || undefined, ring: ring ? ringOf(ring) : undefined }
}

/** `ethtool -g`: the most that is possible, then what is set. */
function ringOf(text: string): Adapter['ring'] {
  const [maxPackets, packets] = [...text.matchAll(/^RX:\s*(\d+)/gm)].map(([, number]) => Number(number))
  return maxPackets && packets ? { packets, maxPackets } : undefined
}

/** The lines of /proc/net/route: addresses in hex, their first byte last. */
function routesOf(text: string): Route[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length >= 8)
    .map((fields) => ({
      device: fields[0]!,
      subnet: addressOfHex(fields[1]!),
      netmask: addressOfHex(fields[7]!),
      metric: Number(fields[6]),
    }))
}

function addressOfHex(text: string): string {
  const [a, b, c, d] = addressText(Number.parseInt(text, 16)).split('.')
  return [d, c, b, a].join('.')
}

/** The firewall that is at work here; undefined where there is none, or none that this user may see. */
async function readFirewall({ platform, file, command }: Sources): Promise<Firewall | undefined> {
  if (platform === 'win32') return { manager: 'windows', chains: [] }
  if (platform === 'darwin') {
    const state = await command('/usr/libexec/ApplicationFirewall/socketfilterfw', '--getglobalstate')
    return state?.includes('enabled') ? { manager: 'macos', chains: [] } : undefined
  }
  if (/^ENABLED=yes$/im.test((await file('/etc/ufw/ufw.conf')) ?? '')) return { manager: 'ufw', chains: [] }
  if ((await command('firewall-cmd', '--state'))?.startsWith('running')) {
    return { manager: 'firewalld', chains: [] }
  }
  const ruleset = await command('nft', '-j', 'list', 'ruleset')
  const chains = ruleset ? droppingChains(ruleset) : []
  if (chains.length > 0) return { manager: 'nftables', chains }
  const rules = await command('iptables-save', '-t', 'filter')
  const drops = /^(:INPUT DROP|-A .*-j (DROP|REJECT))/m.test(rules ?? '')
  return drops ? { manager: 'iptables', chains: [] } : undefined
}
