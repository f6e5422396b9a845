import type { ErrorCode } from 'framewire'
import { afterAll, beforeAll, describe, it, vi } from 'vitest'
import { startServer, type TestServer } from '../interop/server.js'
import { allCells, type Cell, titleOf } from './cell.js'
import type { FaultName } from './fault.js'
import { jobOf } from './job.js'
import { Lane } from './lane.js'
import { Aim } from './operation.js'
import { storedStreams } from './stored.js'

// Most of a cell is waiting before something is tried again.
vi.setConfig({ maxConcurrency: 12 })

type Service = Lane['service']

const ours = allCells((once) => canHappenTwice(once, 'ours')).map((cell) => [cell, 'ours'] as const)
/** Only creating a stream depends on whose server it is, and both kinds of streams are created alike. */
const others = allCells((once) => canHappenTwice(once, 'another'))
  .filter(({ operation }) => operation === 'timeseries initialize')
  .map((cell) => [cell, 'another'] as const)
const rows = [...ours, ...others].map(([cell, service]) => {
  const title = titleOf(cell) + (service === 'ours' ? '' : ', a service that is not ours')
  return [title, cell, service] as const
})

let server: TestServer
const idle: Lane[] = []

beforeAll(async () => {
  server = await startServer()
})
afterAll(async () => {
  await Promise.all(idle.map((lane) => lane.close()))
  await server?.close()
})

describe.concurrent('every fault, at every operation', () => {
  it.for(rows)('%s', async ([title, cell, service], { expect }) => {
    const { fault, operation, occurrence, times } = cell
    const at = idle.findIndex((lane) => lane.service === service)
    const lane = at < 0 ? await Lane.open(server, service) : idle.splice(at, 1)[0]!
    const job = jobOf(operation, title)
    const aim = new Aim(operation, occurrence, times)
    const streamed = await lane.stream(job, fault, aim)
    idle.push(lane)

    const outcome = outcomeOf(cell, service)
    const target = job.streams > 1 ? occurrence : 0
    const held = await storedStreams(server, job)
    for (const [stream, { dataId, error }] of streamed.entries()) {
      const stored = held[stream]!
      const chunks = Array.from({ length: job.chunks }, (_, chunk) => chunk)
      if (stream !== target || outcome === 'stored') {
        expect(error).toBeUndefined()
        expect(stored).toEqual([{ dataId, ended: true, chunks, replaced: 0, sample: true, tag: true }])
        continue
      }
      expect(error?.code, error?.message).toBe(outcome)
      switch (outcome) {
        case 'upload/incomplete':
          expect(stored).toMatchObject([{ dataId, chunks, replaced: 0 }])
          break
        case 'link/failed':
          expect(stored).toMatchObject([{ ended: true, chunks: [] }])
          break
        case 'upload/unreachable':
          // Perhaps it was created: that is what is told.
          expect(stored.length).toBeLessThanOrEqual(1)
          break
        default:
          expect(stored).toEqual([])
      }
    }
    expect(aim.met).toBe(times)
  })
})

/** Not where the first time is told at once, nor where our client looks whether its sample or tag was created. */
function canHappenTwice(once: Cell, service: Service): boolean {
  const { fault, operation, occurrence } = once
  const created = (operation === 'sample' || operation === 'tags') && occurrence === 1
  const acted = fault === 'reset after the body' || fault === 'answer lost'
  return outcomeOf(once, service) === 'stored' && !(created && acted)
}

/**
 * What must come of a cell. A fault that passes costs nothing, but where
 * - the key is refused (403) outside of the upload plan: that is for people to mend, so it is told at once;
 * - an answer that must be read is none (a proxy's page, a wrong endpoint): told at once;
 * - the store holds other bytes than were sent, twice, and is our own, so that this is certain;
 * - a stream may have been created and the answer is lost, at a service that does not know a repeated request.
 */
function outcomeOf(cell: Cell, service: Service): 'stored' | ErrorCode {
  const { fault, operation, occurrence, times } = cell
  const creating = operation.endsWith('initialize')
  const linking = operation === 'sample' || operation === 'tags'
  const ending = operation === 'end' || operation === 'timeseries finalize'
  if (fault === 'HTTP 403') {
    if (creating) return 'upload/unauthorized'
    if (linking) return occurrence === 2 ? 'link/failed' : 'upload/unauthorized'
    return ending ? 'upload/incomplete' : 'stored'
  }
  if (fault === 'wrong answer') {
    if (linking && occurrence < 2) return 'upload/answer'
    if (operation === 'PUT' && times === 2) return 'upload/incomplete'
  }
  if (creating && service === 'another') {
    const unprocessed: readonly FaultName[] = [
      'connection refused',
      'HTTP 408',
      'HTTP 429 with Retry-After',
      'HTTP 503',
    ]
    return unprocessed.includes(fault) ? 'stored' : 'upload/unreachable'
  }
  return 'stored'
}
