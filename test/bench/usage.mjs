import { readFileSync } from 'node:fs'

/**
 * Peak resident memory of this process in bytes. Linux's own word first: `ru_maxrss` starts, in a process that was just
 * spawned, at the peak of the process that spawned it.
 */
export function peakRss() {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024
  } catch {
    return process.resourceUsage().maxRSS * 1024
  }
}

/** Do `work`; answers how long it took, and the CPU time of all threads of this process. */
export async function measured(work) {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const answer = await work()
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { ...answer, seconds, cpuSeconds: (user + system) / 1e6 }
}

/** What a tick of /proc/PID/stat is. */
const TICK_SECONDS = 0.01

/** CPU time of all threads of another process up to now, in seconds. */
export function cpuSecondsOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_SECONDS
}
