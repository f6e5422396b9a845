import { FAULTS, type FaultName } from './fault.js'
import { OPERATIONS, type Operation } from './operation.js'

/** One fault, aimed at one request of a run. */
export interface Cell {
  fault: FaultName
  operation: Operation
  /** First, middle or last. */
  occurrence: 0 | 1 | 2
  /** How often in a row the fault happens, before it passes. */
  times: 1 | 2
}

/** Every fault, at every operation, three times each. In the middle it happens twice where `canHappenTwice`. */
export function allCells(canHappenTwice: (once: Cell) => boolean): Cell[] {
  return OPERATIONS.flatMap((operation) =>
    FAULTS.flatMap((fault) =>
      ([0, 1, 2] as const).map((occurrence) => {
        const once: Cell = { fault, operation, occurrence, times: 1 }
        return occurrence === 1 && canHappenTwice(once) ? { ...once, times: 2 as const } : once
      }),
    ),
  )
}

/** A cell in words. */
export function titleOf({ fault, operation, occurrence, times }: Cell): string {
  return `${fault}${times > 1 ? ' twice' : ''} at the ${['first', 'middle', 'last'][occurrence]} ${operation}`
}
