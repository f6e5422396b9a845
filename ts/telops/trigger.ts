import { TriggerMode as Mode, TriggerActivation, TriggerSelector, TriggerSource } from './enumerations.js'
import { choiceOf } from './named-choice.js'
import type { RegisterAccess } from './register-access.js'

/** Where triggers come from: the BNC connector, or `softwareTrigger`. */
export const TRIGGER_SOURCES = {
  external: TriggerSource.EXTERNAL_SIGNAL,
  software: TriggerSource.SOFTWARE,
} as const

/** What of the signal triggers. */
export const TRIGGER_ACTIVATIONS = {
  rising: TriggerActivation.RISING_EDGE,
  falling: TriggerActivation.FALLING_EDGE,
  any: TriggerActivation.ANY_EDGE,
  levelHigh: TriggerActivation.LEVEL_HIGH,
  levelLow: TriggerActivation.LEVEL_LOW,
} as const

/** What is triggered. */
export const TRIGGER_SELECTORS = {
  acquisitionStart: TriggerSelector.ACQUISITION_START,
  flagging: TriggerSelector.FLAGGING,
  gating: TriggerSelector.GATING,
} as const

/** How frames are triggered. */
export interface Trigger {
  /** Where triggers come from. */
  source: keyof typeof TRIGGER_SOURCES
  /** What of the signal triggers. */
  activation: keyof typeof TRIGGER_ACTIVATIONS
  /** What is triggered. */
  selector: keyof typeof TRIGGER_SELECTORS
  /** Whether triggers are waited for; else the camera runs freely. */
  enabled: boolean
}

/** A trigger as it is asked for; left out: external, rising, acquisitionStart, enabled. */
export type TriggerOptions = Partial<Trigger>

/** The trigger that these options stand for. Throws `telops/option`. */
export function checkedTrigger(options: TriggerOptions = {}): Trigger {
  const {
    source = 'external',
    activation = 'rising',
    selector = 'acquisitionStart',
    enabled = true,
  } = options
  choiceOf('source', TRIGGER_SOURCES, source)
  choiceOf('activation', TRIGGER_ACTIVATIONS, activation)
  choiceOf('selector', TRIGGER_SELECTORS, selector)
  return { source, activation, selector, enabled }
}

/** Set it. */
export async function writeTrigger(registers: RegisterAccess, trigger: Trigger): Promise<void> {
  await registers.select('TriggerSelector', TRIGGER_SELECTORS[trigger.selector], async () => {
    await registers.write('TriggerSource', TRIGGER_SOURCES[trigger.source])
    await registers.write('TriggerActivation', TRIGGER_ACTIVATIONS[trigger.activation])
    await registers.write('TriggerMode', trigger.enabled ? Mode.ON : Mode.OFF)
  })
}

/** What is set for one of the selectors. */
export async function readTrigger(
  registers: RegisterAccess,
  selector: Trigger['selector'],
): Promise<Trigger> {
  return registers.select('TriggerSelector', TRIGGER_SELECTORS[selector], async () => ({
    source: await registers.choice('TriggerSource', TRIGGER_SOURCES),
    activation: await registers.choice('TriggerActivation', TRIGGER_ACTIVATIONS),
    selector,
    enabled: await registers.isSet('TriggerMode'),
  }))
}
