import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FolderLocked, lockFolder } from '../../ts/disk/lock-node.js'

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'framewire-lock-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A process that does nothing, until it is killed. */
async function sleeper(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1e6)'])
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout!, 'data')
  return child
}

/** Field 22 of a process's stat; nothing where there is none. */
function startOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[19]
  } catch {
    return undefined
  }
}

const lockOf = (pid: number, start = startOf(pid)) =>
  start === undefined ? `lock-${pid}` : `lock-${pid}-${start}`

describe('the lock of a folder', () => {
  it('is refused while this process has it, by whatever name', async () => {
    const folder = temporaryFolder()
    const alias = join(temporaryFolder(), 'alias')
    symlinkSync(folder, alias)
    const unlock = await lockFolder(folder)
    for (const name of [folder, `${folder}/`, alias]) {
      const error: unknown = await lockFolder(name).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(FolderLocked)
      expect(error).toMatchObject({ pid: process.pid })
    }
    expect(readdirSync(folder)).toEqual([lockOf(process.pid)])
    await unlock()
    expect(readdirSync(folder)).toEqual([])
    await (await lockFolder(alias))()
  })

  it('is refused with its process id while another process has it, and lost when that is killed', async () => {
    const folder = temporaryFolder()
    const child = await sleeper()
    writeFileSync(join(folder, lockOf(child.pid!)), '')
    await expect(lockFolder(folder)).rejects.toMatchObject({ pid: child.pid })
    expect(readdirSync(folder)).toEqual([lockOf(child.pid!)])
    child.kill('SIGKILL')
    await once(child, 'exit')
    const unlock = await lockFolder(folder)
    expect(readdirSync(folder)).toEqual([lockOf(process.pid)])
    await unlock()
  })

  it('is not taken for that of a process that has the id of a dead one', async () => {
    const folder = temporaryFolder()
    const child = await sleeper()
    if (startOf(child.pid!) === undefined)
      return console.warn('skipped: no /proc to tell when a process started')
    writeFileSync(join(folder, lockOf(child.pid!, '1')), '')
    // This process's own id, and its own file, too.
    writeFileSync(join(folder, lockOf(process.pid, '1')), '')
    writeFileSync(join(folder, lockOf(process.pid)), '')
    const unlock = await lockFolder(folder)
    expect(readdirSync(folder)).toEqual([lockOf(process.pid)])
    await unlock()
  })

  it('is had by one at most of many that come at once', async () => {
    const folder = temporaryFolder()
    const results = await Promise.allSettled([1, 2, 3, 4].map(() => lockFolder(folder)))
    const unlocks = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    expect(unlocks.length).toBe(1)
    await unlocks[0]!()
  })

  it('leaves other files alone, and needs a folder', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'lock-it'), '')
    await (await lockFolder(folder))()
    expect(readdirSync(folder)).toEqual(['lock-it'])
    await expect(lockFolder(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
