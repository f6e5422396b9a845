import { mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Disk, folderOf, isMissing, makeDurableFolder, writeFile } from '../../ts/disk/disk.js'
import { nodeDisk } from '../../ts/disk/disk-node.js'
import { DiskCrashed, ForgetfulDisk } from './forgetful-disk.js'

function temporaryFolder(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'framewire-disk-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const DISKS: { name: string; make: () => Promise<{ disk: Disk; root: string }> }[] = [
  { name: 'of this computer', make: async () => ({ disk: nodeDisk, root: temporaryFolder() }) },
  {
    name: 'that forgets',
    make: async () => {
      const disk = new ForgetfulDisk()
      await disk.makeFolder('/root')
      return { disk, root: '/root' }
    },
  },
]

const bytes = (text: string) => new Uint8Array(Buffer.from(text))
const text = (data: Uint8Array) => Buffer.from(data).toString()
const code = (name: string) => ({ code: name, syscall: expect.any(String) })
async function names(disk: Disk, folder: string): Promise<string[]> {
  return (await disk.list(folder)).map(({ name }) => name).sort()
}

describe.each(DISKS)('the disk $name', ({ make }) => {
  it('keeps what is written where it is written, in one part or in many', async () => {
    const { disk, root } = await make()
    const file = await disk.create(`${root}/a`)
    await file.write(bytes('0123456789'), 0)
    await file.write([bytes('AB'), bytes(''), bytes('CDE')], 8)
    await file.write([], 3)
    expect([await file.size(), text(await file.read(6, 100)), text(await file.read(13, 1))]).toEqual([
      13,
      '67ABCDE',
      '',
    ])
    await file.truncate(4)
    await file.write(bytes('x'), 6)
    await file.sync()
    await file.close()
    expect(text(await disk.read(`${root}/a`))).toBe('0123\0\0x')
    const again = await disk.open(`${root}/a`)
    await again.write(bytes('-'), 0)
    await again.close()
    expect(text(await disk.read(`${root}/a`))).toBe('-123\0\0x')
  })

  it('is the same as a plain array of bytes, whatever is written and cut', async () => {
    const { disk, root } = await make()
    const change = fc.oneof(
      fc.record({ at: fc.nat(3000), parts: fc.array(fc.uint8Array({ maxLength: 1500 }), { maxLength: 4 }) }),
      fc.record({ length: fc.nat(4000) }),
    )
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 8 }), async (changes) => {
        const file = await disk.create(`${root}/${run++}`)
        let model = Buffer.alloc(0)
        const resize = (length: number) => {
          model = Buffer.concat([model.subarray(0, length), Buffer.alloc(Math.max(0, length - model.length))])
        }
        for (const step of changes) {
          if ('length' in step) {
            await file.truncate(step.length)
            resize(step.length)
          } else {
            await file.write(step.parts, step.at)
            const whole = Buffer.concat(step.parts)
            if (whole.length > 0) resize(Math.max(model.length, step.at + whole.length))
            whole.copy(model, step.at)
          }
        }
        expect(Buffer.from(await file.read(0, 10_000))).toEqual(model)
        await file.close()
      }),
      { numRuns: 50 },
    )
  })

  it('keeps names in folders', async () => {
    const { disk, root } = await make()
    await disk.makeFolder(`${root}/a/b`)
    await disk.makeFolder(`${root}/a/b`)
    await writeFile(disk, `${root}/a/one`, bytes('1'))
    await writeFile(disk, `${root}/a/b/two`, [bytes('2'), bytes('2')])
    await disk.rename(`${root}/a/one`, `${root}/a/b/two`)
    await disk.rename(`${root}/a/b`, `${root}/c`)
    await disk.syncFolder(root)
    expect(text(await disk.read(`${root}/c/two`))).toBe('1')
    await writeFile(disk, `${root}/file`, [])
    const listed = (await disk.list(root)).sort((x, y) => x.name.localeCompare(y.name))
    expect(listed).toEqual([
      { name: 'a', isFolder: true },
      { name: 'c', isFolder: true },
      { name: 'file', isFolder: false },
    ])
    await disk.remove(`${root}/c`)
    await disk.remove(`${root}/file`)
    await disk.remove(`${root}/nothing/here`)
    expect(await names(disk, root)).toEqual(['a'])
    expect(await names(disk, `${root}/a`)).toEqual([])
  })

  it('still reads and writes an open file that was renamed or removed', async () => {
    const { disk, root } = await make()
    const file = await disk.create(`${root}/a`)
    await disk.rename(`${root}/a`, `${root}/b`)
    await file.write(bytes('x'), 0)
    expect(text(await disk.read(`${root}/b`))).toBe('x')
    await disk.remove(`${root}/b`)
    expect(text(await file.read(0, 1))).toBe('x')
    await file.close()
  })

  it('says with the codes of the system what it refuses', async () => {
    const { disk, root } = await make()
    await writeFile(disk, `${root}/file`, bytes('1'))
    await disk.makeFolder(`${root}/full/inner`)
    await disk.makeFolder(`${root}/other/inner`)
    const missing = `${root}/nothing`
    for (const call of [
      () => disk.open(missing),
      () => disk.read(missing),
      () => disk.list(missing),
      () => disk.syncFolder(missing),
      () => disk.create(`${missing}/a`),
      () => disk.rename(missing, `${root}/b`),
      () => disk.rename(`${root}/file`, `${missing}/a`),
    ]) {
      const error: unknown = await call().catch((reason: unknown) => reason)
      expect(error).toMatchObject(code('ENOENT'))
      expect(isMissing(error)).toBe(true)
    }
    await expect(disk.create(`${root}/file`)).rejects.toMatchObject(code('EEXIST'))
    await expect(disk.read(`${root}/full`)).rejects.toMatchObject(code('EISDIR'))
    await expect(disk.open(`${root}/full`)).rejects.toMatchObject(code('EISDIR'))
    await expect(disk.list(`${root}/file`)).rejects.toMatchObject(code('ENOTDIR'))
    await expect(disk.read(`${root}/file/a`)).rejects.toMatchObject(code('ENOTDIR'))
    await expect(disk.rename(`${root}/file`, `${root}/full`)).rejects.toMatchObject(code('EISDIR'))
    await expect(disk.rename(`${root}/full`, `${root}/other`)).rejects.toMatchObject(code('ENOTEMPTY'))
    await expect(writeFile(disk, `${root}/file`, bytes('2'))).rejects.toMatchObject(code('EEXIST'))
    expect(text(await disk.read(`${root}/file`))).toBe('1')
  })
})

describe('the disk of this computer', () => {
  it('makes files with the permissions that it is given', async () => {
    const root = temporaryFolder()
    await writeFile(nodeDisk, `${root}/secret`, bytes('1'), { mode: 0o600 })
    expect(statSync(`${root}/secret`).mode & 0o777).toBe(0o600)
  })

  it('makes folders that are on disk below folders that it may not read', async () => {
    const path = `${temporaryFolder()}/a/b`
    const guarded: Disk = {
      ...nodeDisk,
      syncFolder: (folder) =>
        path.startsWith(`${folder}/`)
          ? nodeDisk.syncFolder(folder)
          : Promise.reject(Object.assign(new Error('not ours'), { code: 'EACCES' })),
    }
    await makeDurableFolder(guarded, path)
    expect(statSync(path).isDirectory()).toBe(true)
  })
})

describe('a crash of the disk that forgets', () => {
  const read = (disk: Disk, path: string) =>
    disk.read(path).then(text, (error: { code: string }) => error.code)

  it('leaves of a file what was synced, if its name was', async () => {
    const disk = new ForgetfulDisk()
    const file = await disk.create('/a')
    await file.write(bytes('one'), 0)
    expect(await read(disk.afterCrash(), '/a')).toBe('ENOENT')
    await disk.syncFolder('/')
    expect(await read(disk.afterCrash(), '/a')).toBe('')
    await file.sync()
    await file.write(bytes('two'), 0)
    await file.truncate(2)
    expect(await read(disk.afterCrash(), '/a')).toBe('one')
    await file.sync()
    expect(await read(disk.afterCrash(), '/a')).toBe('tw')
    expect(await read(disk.afterKill(), '/a')).toBe('tw')
  })

  it('leaves a renamed or removed file where it was until the folders are synced, each for itself', async () => {
    const disk = new ForgetfulDisk()
    await makeDurableFolder(disk, '/from')
    await makeDurableFolder(disk, '/to')
    await writeFile(disk, '/from/a', bytes('new'))
    await writeFile(disk, '/to/a', bytes('old'))
    await disk.syncFolder('/from')
    await disk.syncFolder('/to')
    const both = async () => {
      const after = disk.afterCrash()
      return [await read(after, '/from/a'), await read(after, '/to/a')]
    }
    await disk.rename('/from/a', '/to/a')
    expect(await both()).toEqual(['new', 'old'])
    await disk.syncFolder('/to')
    expect(await both()).toEqual(['new', 'new'])
    await disk.syncFolder('/from')
    expect(await both()).toEqual(['ENOENT', 'new'])
    await disk.remove('/to')
    expect(await both()).toEqual(['ENOENT', 'new'])
    await disk.syncFolder('/')
    expect(await both()).toEqual(['ENOENT', 'ENOENT'])
  })

  it('leaves of a folder nothing where a folder above it was not synced', async () => {
    const disk = new ForgetfulDisk()
    await disk.makeFolder('/a/b')
    await writeFile(disk, '/a/b/c', bytes('1'))
    for (const [folder, then] of [
      ['/a/b', 'ENOENT'],
      ['/a', 'ENOENT'],
      ['/', '1'],
    ] as const) {
      await disk.syncFolder(folder)
      expect(await read(disk.afterCrash(), '/a/b/c')).toBe(then)
    }
  })

  it('leaves a folder that was made durable, even one that a killed process had made', async () => {
    const killed = new ForgetfulDisk()
    await killed.makeFolder('/a/b')
    const disk = killed.afterKill()
    await makeDurableFolder(disk, '/a/b/c')
    expect(await names(disk.afterCrash(), '/a/b')).toEqual(['c'])
    await disk.makeFolder('/a/b/d/e')
    await makeDurableFolder(disk, '/a/b/d/e', '/a/b')
    expect(await names(disk.afterCrash(), '/a/b/d')).toEqual(['e'])
    expect(disk.syncs.length).toBe(3 + 2)
  })

  it('happens at the operation that it was set for, and nothing is done from there on', async () => {
    const disk = new ForgetfulDisk().crashAt(3)
    const file = await disk.create('/a')
    await file.write(bytes('1'), 0)
    await file.sync()
    expect(disk.operations).toBe(3)
    const dead = expect.any(DiskCrashed)
    await expect(disk.syncFolder('/')).rejects.toEqual(dead)
    await expect(file.read(0, 1)).rejects.toEqual(dead)
    await expect(disk.remove('/a')).rejects.toEqual(dead)
    await expect(file.close()).rejects.toEqual(dead)
    expect(await read(disk.afterKill(), '/a')).toBe('1')
    expect(await read(disk.afterCrash(), '/a')).toBe('ENOENT')
  })

  it('shows which sync was left out', async () => {
    async function write(disk: ForgetfulDisk): Promise<ForgetfulDisk> {
      await writeFile(disk, '/a', bytes('1'))
      await disk.syncFolder('/')
      return disk
    }
    const whole = await write(new ForgetfulDisk())
    expect(whole.syncs).toMatchObject([
      { operation: 2, from: [expect.stringMatching(/^writeFile \(disk\/disk\.ts:\d+\)$/)] },
      { operation: 3, from: [] },
    ])
    const left = await Promise.all([0, 1, 2].map((k) => write(new ForgetfulDisk().withoutSync(k))))
    expect(await Promise.all(left.map((disk) => read(disk.afterCrash(), '/a')))).toEqual(['', 'ENOENT', '1'])
  })

  it('leaves with a seed any part of what was not synced, and all that was', async () => {
    const found = new Set<string>()
    for (let seed = 0; seed < 250; seed++) {
      const disk = new ForgetfulDisk()
      await writeFile(disk, '/a', Buffer.alloc(1024, 'A'))
      await disk.syncFolder('/')
      const file = await disk.open('/a')
      await file.write(Buffer.alloc(1024, 'B'), 512)
      await writeFile(disk, '/b', bytes('b'), { sync: false })
      await disk.rename('/a', '/c')
      const after = disk.afterCrash({ seed })
      const same = disk.afterCrash({ seed })
      const listed = await names(after, '/')
      expect(await names(same, '/')).toEqual(listed)
      found.add(listed.join())
      for (const name of listed.filter((each) => each !== 'b')) {
        const data = await after.read(`/${name}`)
        expect(await same.read(`/${name}`)).toEqual(data)
        // First byte of each sector: `0` for one of zeros.
        const sectors = [0, 512, 1024].map((at) =>
          data[at] === 0 ? '0' : String.fromCharCode(data[at] ?? 46),
        )
        found.add(sectors.join(''))
      }
    }
    const namings = ['', 'a', 'a,b', 'a,b,c', 'a,c', 'b', 'b,c', 'c']
    const contents = ['AA.', 'AB.', 'ABB', 'AA0', 'AB0', 'AAB']
    expect([...found].sort()).toEqual([...namings, ...contents].sort())
  })

  it('has no space from an operation on until there is some', async () => {
    const disk = new ForgetfulDisk().fullAt(1)
    const file = await disk.create('/a')
    await expect(file.write(bytes('1'), 0)).rejects.toMatchObject(code('ENOSPC'))
    await disk.rename('/a', '/b')
    await disk.syncFolder('/')
    await expect(writeFile(disk, '/c', bytes('1'))).rejects.toMatchObject(code('ENOSPC'))
    disk.fullAt(Number.POSITIVE_INFINITY)
    await writeFile(disk, '/c', bytes('1'))
    expect(await names(disk, '/')).toEqual(['b', 'c'])
  })
})

describe('a fault of the disk that forgets', () => {
  it('is one operation that was not done', async () => {
    const disk = new ForgetfulDisk().failAt(2)
    const file = await disk.create('/a')
    await file.write(bytes('1'), 0)
    await expect(file.sync()).rejects.toMatchObject(code('EIO'))
    await disk.syncFolder('/')
    expect(text(await disk.afterCrash().read('/a'))).toBe('')
    await file.sync()
    expect(text(await disk.afterCrash().read('/a'))).toBe('1')
  })
})

describe('the folder of a path', () => {
  it('is what is before its last name', () => {
    expect(['/a/b', '/a', '/', 'a/b', 'a', '.'].map(folderOf)).toEqual(['/a', '/', '/', 'a', '.', '.'])
  })
})
