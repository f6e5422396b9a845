import { statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { ensurePeers } from './peers.mjs'
import { prepare } from './prepare.mjs'
import { report } from './report.mjs'
import { buildNativeEnds } from './shim.mjs'
import { run, SetupError, say } from './step.mjs'

/** The store of the stream that is soaked, with room to spare. */
const DISK_BYTES = 14e9

await report(prepare())
await report(checkDisk())
await report(ensurePeers())
await report(buildNativeEnds())
say('• Crashes, power cuts, flipped bits and simulated services by the thousand: an hour or more')
const durability = await run(
  'npx',
  [
    ...[
      'vitest',
      'run',
      'test/durability',
      'test/journal',
      'test/simulation',
      'test/unit/server/killed.test.ts',
    ],
    ...['test/unit/streaming/timeseries-power-cut.test.ts', 'test/cli/resume-crash.test.ts'],
  ],
  {
    env: { FRAMEWIRE_SOAK: '1' },
  },
)
say('• Hostile packets and lossy streams: two minutes')
const packets = await cargoSoak('framewire-gige-vision', 'packets', 'hostile')
const streams = await cargoSoak('framewire-reassembly', 'streams')
say('• Streaming 20 GB through a link of 20 MB/s: 10 to 20 minutes')
const soak = (file) => run('npx', ['vitest', 'run', '--config', 'test/soak/vitest.config.ts', file])
const memory = await soak('memory')
say('• Receiving 100 MB/s from a camera: half an hour (FRAMEWIRE_SOAK_SECONDS makes it shorter)')
const gige = await soak('gige')
say('• Downloading 35,000 frames of a Telops buffer through 84 lossy links: two hours')
const telops = await soak('telops')
process.exitCode = durability.code || packets.code || streams.code || memory.code || gige.code || telops.code

function cargoSoak(crate, suite, ...filter) {
  const args = ['test', '--quiet', '--release', '-p', crate, '--test', suite, ...filter]
  return run('cargo', args, { env: { FRAMEWIRE_SOAK: '1' } })
}

async function checkDisk() {
  const { bavail, bsize } = statfsSync(tmpdir())
  if (bavail * bsize >= DISK_BYTES) return
  throw new SetupError(
    `The soak stores 10 GB in ${tmpdir()}, which has ${(bavail * bsize) / 1e9} GB left. Set TMPDIR to a larger disk.`,
  )
}
