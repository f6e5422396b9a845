import { expect, it } from 'vitest'
import { description } from '../../ts/simulator/description.js'
import { Host, simulate } from './host.js'

const xml = new TextDecoder().decode(description(false).bytes)

it('names no node that is not there, and none twice', () => {
  const nodes = [...xml.matchAll(/<(?!EnumEntry|pVariable)\w+ Name="(\w+)"/g)].map(([, name]) => name!)
  const named = [...xml.matchAll(/<(p[A-Z]\w*)[^>]*>(\w+)<\/\1>/g)].map(([, , name]) => name!)
  expect(nodes.length).toBeGreaterThan(80)
  expect(new Set(nodes).size).toBe(nodes.length)
  expect(named.filter((name) => !nodes.includes(name))).toEqual([])
  // Every node can be come to from the root.
  expect(nodes.filter((name) => name !== 'Root' && !named.includes(name))).toEqual([])
})

it('names registers that the camera has', async () => {
  const host = await Host.open(await simulate())
  const registers = [...xml.matchAll(/<Address>0x(\w+)<\/Address><Length>(\d+)<\/Length>/g)]
  expect(registers.length).toBeGreaterThan(40)
  for (const [, address, length] of registers) {
    const count = Number(length)
    const { data } = await host.done({ kind: 'read-memory', address: Number.parseInt(address!, 16), count })
    expect(data.length).toBe(count)
  }
})
