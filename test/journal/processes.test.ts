import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { hasCode } from '../../ts/errors.js'
import {
  bytesOf,
  frameSession,
  keptPlaceIn,
  keptSession,
  LONG,
  placeIn,
  scaled,
  shardOf,
  temporaryFolder,
} from './journals.js'
import { soundStore, whole } from './kept.js'

const HOLDER = fileURLToPath(new URL('holder.mjs', import.meta.url))

/** Another process that opens the journal and keeps so many chunks, or makes a store of it. */
function holder(path: string, dataId: string, chunks: number | 'keep' = 0) {
  const child = spawn(process.execPath, [HOLDER, path, dataId, String(chunks)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    pid: child.pid!,
    async told(): Promise<unknown> {
      const { value, done } = await lines.next()
      return done ? undefined : JSON.parse(value)
    },
    async kill(): Promise<void> {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

describe('a journal between processes', LONG, () => {
  it('is refused to the second, with the pid of the first, until that is closed or killed', async () => {
    const path = temporaryFolder()
    const place = placeIn(path)
    const journal = await place.create(frameSession())
    const second = holder(path, 'stream-1')
    expect(await second.told()).toMatchObject({ code: 'journal/locked', details: { pid: process.pid } })
    await journal.close()

    const third = holder(path, 'stream-1')
    expect(await third.told()).toEqual({ open: third.pid })
    for (const call of [() => place.open('stream-1'), () => place.remove('stream-1')]) {
      await expect(call()).rejects.toMatchObject({ code: 'journal/locked', details: { pid: third.pid } })
    }
    await expect(place.open('stream-1')).rejects.toThrow(`is in use by process ${third.pid}`)
    expect((await place.list())[0]?.state?.session.dataId).toBe('stream-1')
    await third.kill()
    await (await place.open('stream-1')).close()
  })

  it('holds all that a process was told before it was killed, wherever it was', async () => {
    const path = temporaryFolder()
    const place = placeIn(path)
    await (await place.create(frameSession())).close()
    for (let turn = 0; turn < scaled(5, 100); turn++) {
      const child = holder(path, 'stream-1', 1000)
      expect(await child.told()).toEqual({ open: child.pid })
      for (let kept = 0; kept <= 3 * turn; kept++) expect(await child.told()).toEqual({ kept })
      await child.kill()
      const journal = await place.open('stream-1')
      for (let index = 0; index <= 3 * turn; index++) {
        expect(Buffer.compare(await bytesOf(await journal.body(index)), Buffer.alloc(50_000, index))).toBe(0)
      }
      expect(await place.verify('stream-1')).toEqual([])
      await journal.close()
    }
  })

  it('becomes a store with all chunks, wherever the processes were killed that made it', async () => {
    const path = temporaryFolder()
    const shards = Array.from({ length: 40 }, (_, index) => shardOf(index, 4 - (index % 3)))
    for (let turn = 0; turn < scaled(1, 20); turn++) {
      const dataId = `kept-${turn}`
      await (await whole(keptPlaceIn(path), keptSession(dataId), shards)).close()
      const records = () =>
        existsSync(`${path}/${dataId}/chunks`) ? readdirSync(`${path}/${dataId}/chunks`).length : 0
      // The killed may have been done; who comes then is told that it is kept.
      for (let placed = turn % 7; placed < shards.length; placed += scaled(11, 5)) {
        const child = holder(path, dataId, 'keep')
        await child.told()
        while (records() < placed) await setImmediate()
        await child.kill()
        const faults = await placeIn(path)
          .verify(dataId)
          .catch((error: unknown) => error)
        if (!hasCode(faults, 'journal/kept')) expect(faults).toEqual([])
      }
      const last = holder(path, dataId, 'keep')
      const told = await last.told()
      if ((told as { code?: string }).code !== 'journal/kept') {
        expect(told).toEqual({ open: last.pid })
        expect(await last.told()).toEqual({ store: `${path}/${dataId}` })
      }
      await soundStore(`${path}/${dataId}`, shards)
    }
  })
})
