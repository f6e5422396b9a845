/** What a camera warns of. */
export type TelopsWarningCode =
  /** It made something else of a setting than was asked for. */
  | 'FRAMEWIRE_TELOPS_CLAMPED'
  /** Another setting lowered the frame rate. */
  | 'FRAMEWIRE_TELOPS_FRAME_RATE'
  /** Packets of live frames never came, though they were asked for again. */
  | 'FRAMEWIRE_TELOPS_PACKETS'
  /** The moment of interest was fired before the buffer held all frames before it. */
  | 'FRAMEWIRE_TELOPS_MOI_EARLY'
  /** The moment of interest comes from no event. */
  | 'FRAMEWIRE_TELOPS_PRE_MOI'
  /** A calibration was loaded, but does not show as active. */
  | 'FRAMEWIRE_TELOPS_CALIBRATION'

/** What an event `warning` of a camera has as its detail; it is also a warning of the process. */
export interface TelopsWarning {
  code: TelopsWarningCode
  message: string
}

/** Tell of something that is not as it was asked for. */
export type Warn = (code: TelopsWarningCode, message: string) => void

/** Warnings as events of `target`, and of the process. */
export function warningsOf(target: EventTarget): Warn {
  return (code, message) => {
    target.dispatchEvent(new CustomEvent('warning', { detail: { code, message } satisfies TelopsWarning }))
    process.emitWarning(message, { code })
  }
}
