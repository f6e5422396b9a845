import { statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { prepare } from './prepare.mjs'
import { report } from './report.mjs'
import { run, SetupError, say } from './step.mjs'

/** The store of the stream that is soaked, with room to spare. */
const DISK_BYTES = 14e9

await report(prepare())
await report(checkDisk())
say('• Streaming 20 GB through a link of 20 MB/s: 10 to 15 minutes')
const { code } = await run('npx', ['vitest', 'run', '--config', 'test/soak/vitest.config.ts'])
process.exitCode = code

async function checkDisk() {
  const { bavail, bsize } = statfsSync(tmpdir())
  if (bavail * bsize >= DISK_BYTES) return
  throw new SetupError(
    `The soak stores 10 GB in ${tmpdir()}, which has ${(bavail * bsize) / 1e9} GB left. Set TMPDIR to a larger disk.`,
  )
}
