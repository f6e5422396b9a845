import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe } from 'vitest'

/** Why no network of our own can be made here; undefined where it can. */
function hindrance(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are Linux alone'
  if (process.getuid!() !== 0) return 'making a network namespace needs root'
  try {
    const name = `fw-probe-${process.pid}`
    ip(`netns add ${name}`)
    ip(`netns del ${name}`)
  } catch (error) {
    return `no network namespace can be made: ${error}`
  }
}

/** `describe` for suites that need a network of their own: skipped elsewhere with a word why, failed where `CI=true`. */
export function describeWithLink(name: string, suite: () => void): void {
  const why = hindrance()
  if (why === undefined) return void describe(name, suite)
  if (process.env.CI === 'true') throw new Error(`${name}: ${why}`)
  console.warn(`skipped: ${name}: ${why}`)
  describe.skip(`${name} (skipped: ${why})`, suite)
}

function ip(command: string): void {
  execFileSync('ip', command.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] })
}

/** What the peer does: Node's own sockets, and nothing of ours. */
const PEER = `
  const { createSocket } = require('node:dgram')
  const [address, foreign] = process.argv.slice(1)
  const echo = createSocket('udp4')
  echo.on('message', (bytes, from) => echo.send(String(bytes.length), from.port, from.address))
  const shout = createSocket('udp4')
  shout.on('message', (bytes, from) => {
    const voice = createSocket('udp4')
    voice.bind(0, foreign, () => {
      voice.setBroadcast(true)
      voice.send('here', from.port, '255.255.255.255', () => voice.close())
    })
  })
  echo.bind(0, () => shout.bind(0, () => console.log(echo.address().port, shout.address().port)))`

/** A cable between this host and another one, which is a network namespace with a process in it. */
export interface Link {
  /** The interface at this end. */
  device: string
  /** The address of this end, of the other, and a foreign one that the other has too; all in /24 subnets. */
  host: string
  peer: string
  foreign: string
  /** Port where the other end answers with the number of bytes it got. */
  echoPort: number
  /** Port where the other end answers from its foreign address, to everyone. */
  shoutPort: number
  /** Do something with the `ip` command, at this end or, with `inside`, at the other. */
  ip(command: string, inside?: boolean): void
  close(): Promise<void>
}

/** Lay a cable, of Ethernet's MTU. Close it in any case. */
export async function layLink(): Promise<Link> {
  const subnet = `198.${18 + ((process.pid >> 8) & 1)}.${process.pid & 255}`
  const [host, peer, foreign] = [`${subnet}.1`, `${subnet}.2`, '203.0.113.9']
  const namespace = `fw-${process.pid}`
  const device = `fw${process.pid}a`
  let child: ChildProcess | undefined
  const close = async () => {
    if (child?.exitCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    ip(`netns del ${namespace}`)
  }
  ip(`netns add ${namespace}`)
  try {
    ip(`link add ${device} type veth peer name end netns ${namespace}`)
    ip(`addr add ${host}/24 dev ${device}`)
    ip(`link set ${device} up`)
    for (const address of [peer, foreign]) ip(`-n ${namespace} addr add ${address}/24 brd + dev end`)
    ip(`-n ${namespace} link set end up`)
    ip(`-n ${namespace} link set lo up`)
    const args = ['netns', 'exec', namespace, process.execPath, '-e', PEER, peer, foreign]
    child = spawn('ip', args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string]
    const [echoPort, shoutPort] = line.split(' ').map(Number)
    return {
      device,
      host,
      peer,
      foreign,
      echoPort: echoPort!,
      shoutPort: shoutPort!,
      ip: (command, inside = false) => ip(inside ? `-n ${namespace} ${command}` : command),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
