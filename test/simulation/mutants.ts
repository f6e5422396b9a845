import type { Intent } from '../../ts/upload/plan.js'
import type { Mutant } from './world.js'

const without = (intents: Intent[], drop: (intent: Intent) => boolean) =>
  intents.filter((intent) => !drop(intent))

/** Bugs planted on purpose, each of a kind that upload clients had: the simulation must find every one. */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'forgets Retry-After': (answer) => (event, now, random) =>
    answer(
      event.type === 'failed' && event.fault.kind === 'transient'
        ? { ...event, fault: { kind: 'transient' } }
        : event,
      now,
      random,
    ),

  'puts to an expired URL again': (answer) => (event, now, random) =>
    answer(
      event.type === 'failed' && event.fault.kind === 'stale-url'
        ? { ...event, fault: { kind: 'transient' } }
        : event,
      now,
      random,
    ),

  'ends with one chunk on its way': (answer, plan) => (event, now, random) => {
    const intents = answer(event, now, random)
    return event.type === 'finalize' && plan.unsettled === 1 ? [...intents, { do: 'end' }] : intents
  },

  'never ends where the last chunk was given up': (answer) => (event, now, random) => {
    const intents = answer(event, now, random)
    return intents.some(({ do: what }) => what === 'giveUp')
      ? without(intents, ({ do: what }) => what === 'end')
      : intents
  },

  'forgets to be woken, now and then': (answer) => {
    let waits = 0
    return (event, now, random) =>
      without(answer(event, now, random), ({ do: what }) => what === 'wait' && ++waits % 3 === 0)
  },

  'takes a refused key for a fault that passes': (answer) => (event, now, random) =>
    answer(
      event.type === 'failed' && event.fault.kind === 'key-refused'
        ? { ...event, fault: { kind: 'transient' } }
        : event,
      now,
      random,
    ),

  'gives up after a long outage': (answer) => (event, now, random) =>
    answer(
      event.type === 'failed' && event.fault.kind === 'transient' && now > 60_000
        ? { ...event, fault: { kind: 'final' } }
        : event,
      now,
      random,
    ),

  'sends the chunks of a lane side by side': (answer) => (event, now, random) =>
    answer(event.type === 'packaged' ? { ...event, item: { ...event.item, lanes: [] } } : event, now, random),
}
