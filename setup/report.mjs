import { SetupError, say } from './step.mjs'

/** Wait for a set-up; where it cannot be done, say so without a stack and end with 1. */
export async function report(work) {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    say(`\nframewire cannot be set up: ${error.message}`)
    process.exit(1)
  }
}
