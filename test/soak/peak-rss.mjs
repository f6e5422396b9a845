import { writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { peakRss } from '../bench/usage.mjs'

// Loaded before a command (NODE_OPTIONS=--import) to write, when it ends, its peak of resident memory in bytes.
const file = process.env.FRAMEWIRE_PEAK_RSS
if (isMainThread && file) process.once('exit', () => writeFileSync(file, String(peakRss())))
