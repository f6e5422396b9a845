// What receiving datagrams costs, beside a bare recvmmsg receiver: node test/bench/datagrams.mjs [--seconds N] [--rounds N]
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { must, root, say } from '../../setup/step.mjs'
import { alternate, ratio, spread } from './rounds.mjs'
import { cpuSecondsOf } from './usage.mjs'

const { values: options } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, rounds: { type: 'string', default: '3' } },
})
const seconds = Number(options.seconds)
/** A full packet of Ethernet, and as many of them as 125 MB/s are. */
const packetBytes = 1472
const packetsPerSecond = 125e6 / packetBytes

const example = ['--package', 'framewire-udp-shim', '--example', 'bare_receiver', '--target-dir', 'target']
await must('cargo', ['build', '--release', ...example], { quiet: true, why: 'Building the bare receiver' })
const ours = fileURLToPath(new URL('datagram-end.mjs', import.meta.url))

const link = layLink()
const sender = await start(link.senders, [
  process.execPath,
  ours,
  'sender',
  JSON.stringify({ address: link.address, packetBytes }),
])
try {
  const end = (role) => () =>
    measure([process.execPath, ours, role, JSON.stringify({ address: link.address })])
  const results = await alternate(
    {
      'bare recvmmsg': () => measure([join(root, 'target/release/examples/bare_receiver'), link.address]),
      'shim, each ms': end('shim'),
      'shim, blocking': end('blocking'),
      'node:dgram': end('dgram'),
    },
    Number(options.rounds),
    say,
  )
  const cpu = ({ cpuSeconds }) => (100 * cpuSeconds) / seconds
  const perPacket = ({ cpuSeconds, packets }) => cpuSeconds / packets
  const shown = ({ median, least, greatest }, digits) =>
    `${median.toFixed(digits)} (${least.toFixed(digits)} to ${greatest.toFixed(digits)})`
  say(
    `\n${cpus().length} x ${cpus()[0].model}, Node ${process.version}; ${link.title}; wanted: ` +
      `${packetsPerSecond.toFixed(0)} packets of ${packetBytes} bytes a second; median (least to greatest) of ${options.rounds}`,
  )
  for (const [name, rounds] of Object.entries(results)) {
    const of = (figure, digits = 1) => shown(spread(rounds.map(figure)), digits)
    say(
      `${name.padEnd(15)} ${of(({ packets }) => packets / seconds, 0)} packets/s, ` +
        `CPU ${of(cpu)} % of a core, lost ${of(({ packets, sent }) => 100 * (1 - packets / sent), 2)} %, ` +
        `CPU a packet over bare ${shown(ratio(rounds, results['bare recvmmsg'], perPacket), 2)}`,
    )
  }
  const all = Object.values(results).flat()
  const rate = spread(all.map(({ sent, senderSeconds }) => (sent * packetBytes) / 1e6 / senderSeconds))
  say(`${'the sender'.padEnd(15)} ${shown(rate, 0)} MB/s for each core`)
} finally {
  sender.child.stdin.end()
  await sender.ended
  link.close()
}

/** One round: CPU time of the receiving process while the sender sends, and what came of it. */
async function measure(command) {
  const receiver = await start(link.receivers, command)
  await sleep(200)
  const before = cpuSecondsOf(receiver.child.pid)
  sender.child.stdin.write(`${JSON.stringify({ to: Number(receiver.line), packetsPerSecond, seconds })}\n`)
  const { sent, cpuSeconds: senderSeconds } = JSON.parse((await sender.lines.next()).value)
  await sleep(100)
  const used = cpuSecondsOf(receiver.child.pid) - before
  receiver.child.stdin.end()
  const packets = Number((await receiver.lines.next()).value)
  await receiver.ended
  return { packets, sent, cpuSeconds: used, senderSeconds }
}

async function start(prefix, command) {
  const [program, ...args] = [...prefix, ...command]
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const { value: line } = await lines.next()
  if (line === undefined) throw new Error(`${command.join(' ')} ended`)
  return { child, lines, line, ended: once(child, 'exit') }
}

/** Two hosts of namespaces where that is allowed; else the loopback, which is a little cheaper. */
function layLink() {
  const ip = (command) => execFileSync('ip', command.split(' '), { stdio: 'pipe' })
  const [a, b] = [`fw-bench-a-${process.pid}`, `fw-bench-b-${process.pid}`]
  const close = () => {
    for (const name of [a, b]) ip(`netns del ${name}`)
  }
  if (process.getuid() !== 0) {
    return { title: 'loopback', address: '127.0.0.1', senders: [], receivers: [], close() {} }
  }
  for (const name of [a, b]) ip(`netns add ${name}`)
  ip(`link add end netns ${a} type veth peer name end netns ${b}`)
  for (const [name, address] of [
    [a, '198.18.0.1'],
    [b, '198.18.0.2'],
  ]) {
    ip(`-n ${name} addr add ${address}/24 dev end`)
    ip(`-n ${name} link set end up`)
  }
  const inside = (name) => ['ip', 'netns', 'exec', name]
  return { title: 'veth', address: '198.18.0.1', receivers: inside(a), senders: inside(b), close }
}
