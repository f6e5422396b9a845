import { expect, it } from 'vitest'
import { streamWithinMemory } from './soak/law.js'

it('streams 1.5 GB to a slow server in bounded memory', async () => {
  // Held back, the 0.75 GB that are left when packed would show; `npm run test:soak` has 20 GB.
  await streamWithinMemory({ frames: 1050, linkMBps: 60 })
  expect.hasAssertions()
})
