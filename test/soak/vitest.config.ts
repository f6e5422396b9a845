import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/soak/*.soak.ts'],
    testTimeout: 3_600_000,
    // The store of 10 GB is taken away by a hook.
    hookTimeout: 600_000,
  },
})
