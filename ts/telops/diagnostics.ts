import { hasCode } from '../errors.js'
import { CurrentLocation, TemperatureLocation, VoltageLocation } from './enumerations.js'
import type { RegisterAccess } from './register-access.js'
import type { RegisterName } from './registers.js'

/** Where temperatures are measured. */
export const TEMPERATURES = {
  sensor: TemperatureLocation.SENSOR,
  mainboard: TemperatureLocation.MAINBOARD,
  internalLens: TemperatureLocation.INTERNAL_LENS,
  externalLens: TemperatureLocation.EXTERNAL_LENS,
  icu: TemperatureLocation.ICU,
  filterWheel: TemperatureLocation.FILTER_WHEEL,
  compressor: TemperatureLocation.COMPRESSOR,
  coldFinger: TemperatureLocation.COLD_FINGER,
  spare: TemperatureLocation.SPARE,
  externalThermistor: TemperatureLocation.EXTERNAL_THERMISTOR,
  processingFpga: TemperatureLocation.PROCESSING_FPGA,
  outputFpga: TemperatureLocation.OUTPUT_FPGA,
  storageFpga: TemperatureLocation.STORAGE_FPGA,
} as const

/** Where voltages are measured. */
export const VOLTAGES = { cooler: VoltageLocation.COOLER, supply24V: VoltageLocation.SUPPLY_24V } as const

/** Where currents are measured. */
export const CURRENTS = { cooler: CurrentLocation.COOLER, supply24V: CurrentLocation.SUPPLY_24V } as const

/** A place where a temperature is measured. */
export type TemperaturePlace = keyof typeof TEMPERATURES

/** What the camera measures of itself. Undefined: this model has no such sensor. */
export interface Diagnostics {
  /** In degC. */
  temperaturesC: Record<TemperaturePlace, number | undefined>
  /** In V. */
  voltagesV: Record<keyof typeof VOLTAGES, number | undefined>
  /** In A. */
  currentsA: Record<keyof typeof CURRENTS, number | undefined>
  /** How long the camera has run in its life, in s. */
  runningTimeSeconds: number
  /** How long its cooler has, in s. */
  coolerRunningTimeSeconds: number
  /** How often it was switched on. */
  powerOnCycles: number
  /** How often its cooler was; it wears. */
  coolerPowerOnCycles: number
}

/** What a sensor reads that is not there. */
const ABSENT_C = -138.30128
const ABSENT_WITHIN_C = 1e-4

/** A temperature in degC; undefined where the camera has no such sensor. */
export async function sensorTemperature(
  registers: RegisterAccess,
  place: TemperaturePlace,
): Promise<number | undefined> {
  const degrees = await reading(
    registers,
    'DeviceTemperatureSelector',
    TEMPERATURES[place],
    'DeviceTemperatureReadout',
  )
  if (degrees === undefined || Math.abs(degrees - ABSENT_C) < ABSENT_WITHIN_C) return undefined
  return place === 'mainboard' && degrees === 0 ? undefined : degrees
}

/** Everything that the camera measures of itself. */
export async function readDiagnostics(registers: RegisterAccess): Promise<Diagnostics> {
  return {
    temperaturesC: await each(TEMPERATURES, (place) => sensorTemperature(registers, place)),
    voltagesV: await each(VOLTAGES, (place) =>
      reading(registers, 'DeviceVoltageSelector', VOLTAGES[place], 'DeviceVoltageReadout'),
    ),
    currentsA: await each(CURRENTS, (place) =>
      reading(registers, 'DeviceCurrentSelector', CURRENTS[place], 'DeviceCurrentReadout'),
    ),
    runningTimeSeconds: await registers.read('DeviceRunningTime'),
    coolerRunningTimeSeconds: await registers.read('DeviceCoolerRunningTime'),
    powerOnCycles: await registers.read('DevicePowerOnCycles'),
    coolerPowerOnCycles: await registers.read('DeviceCoolerPowerOnCycles'),
  }
}

/** Undefined where the camera refuses: this model has no such sensor. */
async function reading(
  registers: RegisterAccess,
  selector: RegisterName,
  place: number,
  readout: RegisterName,
): Promise<number | undefined> {
  try {
    return await registers.select(selector, place, () => registers.read(readout))
  } catch (error) {
    if (hasCode(error, 'telops/refused')) return undefined
    throw error
  }
}

async function each<K extends string>(
  places: Readonly<Record<K, number>>,
  read: (place: K) => Promise<number | undefined>,
): Promise<Record<K, number | undefined>> {
  const values = {} as Record<K, number | undefined>
  for (const place of Object.keys(places) as K[]) values[place] = await read(place)
  return values
}
