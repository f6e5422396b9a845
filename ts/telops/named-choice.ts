import { optionFault } from './faults.js'
import type { Choices } from './register-access.js'

/** The value of a choice by its name. Throws `telops/option`. */
export function choiceOf<C extends Choices>(option: string, choices: C, name: keyof C): number {
  if (typeof name === 'string' && Object.hasOwn(choices, name)) return choices[name]!
  throw optionFault(option, name, `one of ${Object.keys(choices).join(', ')}`)
}
