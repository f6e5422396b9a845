import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CheckingThread } from '../../../ts/store/checking-thread.js'
import { temporaryFolder } from '../server/client.js'
import { makeShard, pattern } from './shards.js'

const claim = { frames: 2, height: 3, width: 5, chunkSize: 2 }

function thread(workerUrl: string): CheckingThread {
  const url = new URL(workerUrl, import.meta.url)
  const checker = new CheckingThread({ workerUrl: { checking: url } })
  onTestFinished(() => checker.close())
  return checker
}

function file(bytes: Uint8Array): string {
  const path = join(temporaryFolder(), 'shard')
  writeFileSync(path, bytes)
  return path
}

describe('the checking thread', () => {
  it('gives verdicts, damage with its code and details', async () => {
    const checker = thread('../../../dist/checking.worker.js')
    const shard = makeShard(pattern(2, 3, 5, 0), 2, 3, 5)
    const sound = file(shard)
    const checks = await Promise.allSettled([
      checker.check(sound, claim),
      checker.check(file(shard.subarray(1)), claim),
      checker.check(join(sound, 'nothing'), claim),
      checker.check(sound, { ...claim, chunkSize: 3 }),
    ])
    expect(checks).toMatchObject([
      { value: { leftOut: [], xxh64: expect.stringMatching(/^[0-9a-f]{16}$/) } },
      { reason: { name: 'FramewireError', code: expect.stringMatching(/^shard\//) } },
      { reason: { code: 'ENOTDIR' } },
      { value: { paddedIndex: expect.any(Uint8Array) } },
    ])
  })

  it('fails the shards that a dying worker held, and starts another for the next', async () => {
    const checker = thread('./dying-worker.mjs')
    for (let round = 0; round < 2; round++) {
      const checks = await Promise.allSettled([checker.check('a', claim), checker.check('b', claim)])
      expect(checks).toMatchObject([1, 2].map(() => ({ reason: { code: 'core/internal' } })))
    }
  })

  it('does not leave a shard waiting when it is closed', async () => {
    const checker = thread('./dying-worker.mjs')
    await checker.start()
    const checked = expect(checker.check('a', claim)).rejects.toMatchObject({ code: 'core/internal' })
    await checker.close()
    await checked
  })
})
