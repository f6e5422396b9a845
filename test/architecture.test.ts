import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ts = join(dirname(fileURLToPath(import.meta.url)), '../ts')

/** The way of the data. A room may import rooms to its left, `errors` and, as shared types, `frames` and `journal`. */
const WAY = [
  'core',
  'disk',
  'datagrams',
  'frames',
  'packing',
  'sealing',
  'store',
  'journal',
  'upload',
  'streaming',
  'server',
  'gige-vision',
  'genicam',
  'gige',
  'telops',
  'simulator',
  'cli',
]
/** Files of types alone that earlier rooms may name. */
const SHARED = ['frames/conversion', 'frames/stack', 'journal/journal']
/** Rooms that run on Node alone. The others must run in browsers: nothing of Node's in them but in files named for it. */
const NODE = ['store', 'server', 'gige', 'telops', 'simulator', 'cli']
const ISOMORPHIC = WAY.filter((room) => !NODE.includes(room))

interface Import {
  file: string
  from: string
  target: string
  typeOnly: boolean
}

const imports: Import[] = WAY.flatMap((room) =>
  readdirSync(join(ts, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const file = join(ts, room, name)
      const found = readFileSync(file, 'utf8').matchAll(
        /^(?:import|export)\s+(type\s+)?[^'"]*?from\s+'([^']+)'/gms,
      )
      return [...found].map(([, type, specifier]) => ({
        file: relative(ts, file),
        from: room,
        target: specifier!.startsWith('.') ? relative(ts, join(dirname(file), specifier!)) : specifier!,
        typeOnly: type !== undefined,
      }))
    }),
)

describe('architecture', () => {
  it('reads imports at all', () => {
    expect(imports.length).toBeGreaterThan(50)
  })

  it('lets a stage import only itself, errors and earlier stages', () => {
    const wrong = imports.filter(({ from, target, typeOnly }) => {
      const room = target.split('/')[0]!
      if (!WAY.includes(room)) return false
      if (WAY.indexOf(room) <= WAY.indexOf(from)) return false
      return !(typeOnly && SHARED.some((file) => target.startsWith(file)))
    })
    expect(wrong).toEqual([])
  })

  it("keeps Node's modules and rooms out of isomorphic rooms, but for files named for Node", () => {
    const isNode = (target: string) => target.startsWith('node:') || NODE.includes(target.split('/')[0]!)
    const wrong = imports.filter(
      ({ file, from, target }) => ISOMORPHIC.includes(from) && isNode(target) && !/-node\.ts$/.test(file),
    )
    expect(wrong).toEqual([])
  })

  it('keeps the network out of every room before upload', () => {
    const early = WAY.slice(0, WAY.indexOf('upload')).filter((room) => room !== 'core')
    const wrong = early.flatMap((room) =>
      readdirSync(join(ts, room), { recursive: true, encoding: 'utf8' }).filter(
        (name) => name.endsWith('.ts') && /\bfetch\(/.test(readFileSync(join(ts, room, name), 'utf8')),
      ),
    )
    expect(wrong).toEqual([])
  })

  it('keeps worker files thin', () => {
    const workers = join(ts, '../workers')
    const thick = readdirSync(workers).filter(
      (name) => readFileSync(join(workers, name), 'utf8').split('\n').length > 30,
    )
    expect(thick).toEqual([])
  })
})
