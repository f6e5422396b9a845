import { createRequire, syncBuiltinESMExports } from 'node:module'

/**
 * Counts what this process does with files, and ends it at the step `crashAt` with SIGKILL: before the step, or after it
 * (every second one), so that work is cut both half done and done but untold. Import it before anything else.
 */
const { crashAt = 0 } = JSON.parse(process.argv[2])
const promises = createRequire(import.meta.url)('node:fs/promises')

/** Steps so far, by kind. */
export const steps = {}
let count = 0

/** One step that something else than a file takes, an HTTP request say. */
export async function step(kind, work) {
  count++
  steps[kind] = (steps[kind] ?? 0) + 1
  if (count !== crashAt) return work()
  if (count % 2 === 1) die()
  const answer = await work()
  die()
  return answer
}

function die() {
  process.kill(process.pid, 'SIGKILL')
  // Nothing may happen any more, whenever the signal is taken.
  for (;;);
}

for (const name of ['rename', 'rm', 'mkdir', 'open']) counted(promises, name)
const file = await promises.open('/dev/null')
for (const name of ['write', 'writev', 'sync', 'truncate']) counted(Object.getPrototypeOf(file), name)
await file.close()
syncBuiltinESMExports()

function counted(target, name) {
  const original = target[name]
  target[name] = function (...args) {
    // What the runtime reads for itself is no step of ours.
    const ours = typeof args[0] !== 'string' || !args[0].startsWith('/proc/')
    return ours ? step(name, () => original.apply(this, args)) : original.apply(this, args)
  }
}
