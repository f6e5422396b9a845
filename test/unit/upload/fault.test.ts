import { describe, expect, it } from 'vitest'
import { FramewireError } from '../../../ts/errors.js'
import { faultOf } from '../../../ts/upload/fault.js'

function refused(status: number) {
  return new FramewireError('upload/rejected', '', { method: 'PUT', url: 'http://h/x', status, body: '' })
}

describe('faultOf', () => {
  it.each([
    // status, to the API, to an upload URL
    [400, 'final', 'doubtful'],
    [409, 'final', 'doubtful'],
    [413, 'final', 'final'],
    [422, 'final', 'doubtful'],
    [404, 'doubtful', 'stale-url'],
    [410, 'doubtful', 'stale-url'],
    [408, 'transient', 'transient'],
    [425, 'transient', 'transient'],
    [429, 'transient', 'transient'],
    [500, 'transient', 'transient'],
    [507, 'transient', 'transient'],
  ])('takes %i for %s from the API, for %s from a store', (status, api, store) => {
    expect(faultOf(refused(status)).kind).toBe(api)
    expect(faultOf(refused(status), true).kind).toBe(store)
  })
})
