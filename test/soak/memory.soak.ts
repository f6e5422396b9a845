import { join } from 'node:path'
import { expect, it } from 'vitest'
import { json, run } from '../cli/command.js'
import { streamWithinMemory } from './law.js'

it('streams 20 GB to a server at 20 MB/s in bounded memory, and every byte is there', async () => {
  const { recording, store, dataId } = await streamWithinMemory({ frames: 13_890, linkMBps: 20 })
  const stored = join(store, dataId)
  const { code, stdout, stderr } = await run(['verify', stored, '--against', recording.folder, '--json'])
  expect(code, stderr).toBe(0)
  expect(json(stdout)).toMatchObject({ ok: true, equalFrames: recording.frames })
})
