import { debian, SetupError, say, which } from './step.mjs'

/** Programs that the GigE Vision tests and benchmark run, with the Debian packages they are in. */
const PROGRAMS = {
  ip: 'iproute2',
  'arv-fake-gv-camera-0.8': 'aravis-tools',
  'arv-tool-0.8': 'aravis-tools-cli',
  tshark: 'tshark',
  nft: 'nftables',
}

/**
 * Links between network namespaces, cameras and hosts of others, a dissector: what tests run beside framewire where they
 * may, that is as root on Linux. What needs one that is missing says so where it is skipped, and fails where `CI=true`.
 */
export async function ensurePeers() {
  if (process.platform !== 'linux' || process.getuid() !== 0) return
  const missing = Object.keys(PROGRAMS).filter((program) => !which(program))
  if (missing.length === 0) return
  try {
    await debian(
      missing.map((program) => PROGRAMS[program]),
      'Tests run cameras and hosts of others on links of their own',
    )
  } catch (error) {
    if (!(error instanceof SetupError) || process.env.CI === 'true') throw error
    say(`${error.message}\nTests that need ${missing.join(', ')} will be skipped.`)
  }
}
