// Opens a journal in a process of its own and keeps chunks in it, telling of each, until it is killed; or makes a store of it.
import { createHash } from 'node:crypto'
import { journalFolder } from 'framewire'

const [path, dataId, chunks] = process.argv.slice(2)
try {
  const journal = await journalFolder(path).open(dataId)
  console.log(JSON.stringify({ open: process.pid }))
  if (chunks === 'keep') console.log(JSON.stringify({ store: await journal.keep() }))
  else
    for (let index = 0; index < Number(chunks); index++) {
      const bytes = new Uint8Array(50_000).fill(index)
      const entry = {
        ...{
          index,
          frames: 1,
          height: 1,
          width: 1,
          bytes: bytes.length,
          clamped: 0,
          rawBytes: 1,
          request: '',
        },
        ...{
          md5: '0'.repeat(32),
          xxh64: '0'.repeat(16),
          captureStartMs: 0,
          captureEndMs: 0,
          packagedAtMs: 0,
        },
        sha256: createHash('sha256').update(bytes).digest('hex'),
      }
      await journal.put(entry, [bytes])
      console.log(JSON.stringify({ kept: index }))
    }
  setInterval(() => {}, 1e6)
} catch ({ code, details }) {
  console.log(JSON.stringify({ code, details }))
}
