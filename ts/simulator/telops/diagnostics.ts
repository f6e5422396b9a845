import { CurrentLocation, TemperatureLocation, VoltageLocation } from '../../telops/enumerations.js'
import type { Power } from './power.js'
import type { CameraRegisters } from './registers.js'

/** What a sensor reads that this model does not have, in degC. */
const ABSENT = -138.30128
const { SENSOR, ...ELSEWHERE } = TemperatureLocation
/** In degC, but of the sensor. */
const TEMPERATURES: Partial<Record<keyof typeof ELSEWHERE, number>> = {
  MAINBOARD: 38.5,
  INTERNAL_LENS: 27.25,
  ICU: 26.5,
  FILTER_WHEEL: 27,
  COMPRESSOR: 41.75,
  COLD_FINGER: -190.5,
  PROCESSING_FPGA: 55.5,
  OUTPUT_FPGA: 53.25,
  STORAGE_FPGA: 57,
}
const VOLTS: Record<keyof typeof VoltageLocation, number> = { COOLER: 11.75, SUPPLY_24V: 24.125 }
const AMPERES: Record<keyof typeof CurrentLocation, number> = { COOLER: 0.875, SUPPLY_24V: 2.25 }

/** Temperatures, voltages, currents and running times. */
export function layDiagnostics(registers: CameraRegisters, power: Power, now: () => number): void {
  const at = (locations: Record<string, number>, values: Record<string, number>, absent: number) => {
    const all = new Map(Object.entries(locations).map(([name, place]) => [place, values[name] ?? absent]))
    return (place: number) => all.get(place)!
  }
  const temperature = at(ELSEWHERE, TEMPERATURES, ABSENT)
  const [volts, amperes] = [at(VoltageLocation, VOLTS, 0), at(CurrentLocation, AMPERES, 0)]
  registers.setting('DeviceTemperatureSelector', SENSOR)
  registers.reading('DeviceTemperatureReadout', () => {
    const place = registers.get('DeviceTemperatureSelector')
    return place === SENSOR ? power.sensorCelsius : temperature(place)
  })
  registers.setting('DeviceVoltageSelector', VoltageLocation.COOLER)
  registers.reading('DeviceVoltageReadout', () => volts(registers.get('DeviceVoltageSelector')))
  registers.setting('DeviceCurrentSelector', CurrentLocation.COOLER)
  registers.reading('DeviceCurrentReadout', () => amperes(registers.get('DeviceCurrentSelector')))
  const sinceMs = now()
  const ran = (before: number) => () => before + Math.floor((now() - sinceMs) / 1000)
  registers.reading('DeviceRunningTime', ran(3_600_000))
  registers.reading('DeviceCoolerRunningTime', ran(3_000_000))
  registers.reading('DevicePowerOnCycles', () => 250)
  registers.reading('DeviceCoolerPowerOnCycles', () => 240)
}
