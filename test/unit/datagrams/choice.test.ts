import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeBatch } from '../../../ts/datagrams/batch.js'

/** node-gyp-build looks for this processor's prebuild in place of the host's. */
beforeEach(() => void vi.stubEnv('npm_config_arch', 'abacus'))
afterEach(() => void vi.unstubAllEnvs())

describe('the choice of sockets', () => {
  it("falls back to Node's where no prebuild fits, with one warning", async () => {
    const { nodeDatagrams } = await import('../../../ts/datagrams/open-node.js')
    const warnings: Error[] = []
    process.on('warning', (warning) => warnings.push(warning))
    const told = once(process, 'warning')
    const datagrams = nodeDatagrams()
    expect(nodeDatagrams()).toBe(datagrams)
    await told
    await new Promise(setImmediate)
    expect(warnings).toMatchObject([{ code: 'FRAMEWIRE_NO_SHIM', message: /Node's own sockets/ }])

    const socket = await datagrams.open({ address: '127.0.0.1' })
    await socket.send(Uint8Array.of(1), socket.local)
    expect(await socket.arrival(5_000)).toBe(true)
    expect(socket.receive(makeBatch(1, 16))).toBe(1)
    expect(socket.kernelDrops).toBe(undefined)
    await socket.close()
  })
})
