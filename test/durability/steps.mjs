import { writeSync } from 'node:fs'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { jump } from './clocks.mjs'

/**
 * Counts what this process does with files, and its HTTP requests. At the step `crashAt` it ends with SIGKILL: before the
 * step, or after it (every second one), so that work is cut both half done and done but untold. At the step `clock.at` its
 * clocks jump; with `clock.asleep` it is stopped before, until somebody sends SIGCONT.
 */
const { crashAt = 0, clock } = JSON.parse(process.argv[2])
const require = createRequire(import.meta.url)

/** Steps so far, by kind. */
export const steps = {}
let count = 0

/** A step begins; the answer is called when it is done. */
function begin(kind) {
  count++
  steps[kind] = (steps[kind] ?? 0) + 1
  if (count === clock?.at) {
    if (clock.asleep) sleep()
    jump(clock)
  }
  if (count !== crashAt) return () => {}
  if (count % 2 === 1) die()
  return die
}

function sleep() {
  writeSync(1, '{"asleep":true}\n')
  process.kill(process.pid, 'SIGSTOP')
}

function die() {
  process.kill(process.pid, 'SIGKILL')
  // Nothing may happen any more, whenever the signal is taken.
  for (;;);
}

async function step(kind, work) {
  const end = begin(kind)
  const answer = await work()
  end()
  return answer
}

function counted(target, name) {
  const original = target[name]
  target[name] = function (...args) {
    // What the runtime reads for itself is no step of ours.
    const ours = typeof args[0] !== 'string' || !args[0].startsWith('/proc/')
    return ours ? step(name, () => original.apply(this, args)) : original.apply(this, args)
  }
}

const promises = require('node:fs/promises')
for (const name of ['rename', 'rm', 'mkdir', 'open']) counted(promises, name)
const file = await promises.open('/dev/null')
for (const name of ['write', 'writev', 'sync', 'truncate']) counted(Object.getPrototypeOf(file), name)
await file.close()

const ask = globalThis.fetch
globalThis.fetch = (...args) => step('request', () => ask(...args))
const http = require('node:http')
const { request } = http
http.request = (...args) => {
  const end = begin('request')
  return request(...args).once('response', end)
}
syncBuiltinESMExports()
