import { readFileSync, writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

// Loaded before a command (NODE_OPTIONS=--import) to write, when it ends, its peak of resident memory in bytes.
const file = process.env.FRAMEWIRE_PEAK_RSS
if (isMainThread && file) process.once('exit', () => writeFileSync(file, String(peak())))

function peak() {
  try {
    // Linux: ru_maxrss starts, in a process that was just spawned, at the peak of the process that spawned it.
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024
  } catch {
    return process.resourceUsage().maxRSS * 1024
  }
}
