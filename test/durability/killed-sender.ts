import { readdirSync } from 'node:fs'
import { random } from '../interop/images.js'
import { type Ended, total } from './counted.js'

/** Runs a sender of these chunks with this journal, killed at the step `crashAt` (0: never). */
export type RunSender = (task: { journal: string; pending: number[]; crashAt: number }) => Promise<Ended>

/**
 * Try points spread over all steps of a run, two at a time.
 * @param survives answers what was not as promised
 */
export async function failuresAt(
  steps: Record<string, number>,
  count: number,
  survives: (point: number) => Promise<string | undefined>,
): Promise<string[]> {
  const points = Array.from({ length: count }, (_, at) => 1 + Math.floor((at * total(steps)) / count))
  const failures: string[] = []
  const workers = Array.from({ length: 2 }, async () => {
    for (let point = points.shift(); point !== undefined; point = points.shift()) {
      const failure = await survives(point)
      if (failure) failures.push(`crash at step ${point}: ${failure}`)
    }
  })
  await Promise.all(workers)
  return failures
}

/** Kill a sender at this step, and its successors at seeded ones, until one ends or nothing is left to do. */
export async function killedUntilDone(
  point: number,
  journal: string,
  chunks: readonly number[],
  run: RunSender,
): Promise<{ dataId: string } | { failure: string }> {
  const next = random(point)
  const journaled = new Set<number>()
  let dataId: string | undefined
  for (let tries = 0, crashAt = point; tries <= 12; tries++) {
    // What was told to be journaled is never pushed again: the journal alone must have it.
    const pending = chunks.filter((chunk) => dataId === undefined || !journaled.has(chunk))
    const { code, told, stderr } = await run({ journal, pending, crashAt })
    for (const one of told) {
      if (one.dataId !== undefined) {
        if (dataId !== undefined && one.dataId !== dataId)
          return { failure: `stream ${one.dataId} in place of ${dataId}` }
        dataId = one.dataId
      }
      if (one.journaled !== undefined) journaled.add(one.journaled)
    }
    if (code !== null && code !== 0) return { failure: `exit code ${code}: ${stderr}` }
    // Killed when all was done: the journal was taken away, and nothing is left to go on with.
    if (dataId !== undefined && (code === 0 || left(journal).length === 0)) return { dataId }
    // Some are killed again and again, at last one is left alone.
    crashAt = next() < 0.4 ? 1 + Math.floor(next() * 60) : 0
  }
  return { failure: 'it never ends' }
}

/** The streams that a journal has; what is being removed counts no more. */
export function left(journal: string): string[] {
  return readdirSync(journal).filter((name) => !name.endsWith('.removed'))
}
