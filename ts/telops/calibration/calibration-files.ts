import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FramewireError } from '../../errors.js'

/** A calibration file as the manufacturer names it, with what its exposure table tells. */
export interface CalibrationFile {
  /** Name of the file. */
  name: string
  /** When it was made, in s since 1970; by it the camera's own copy is known. */
  posix: number
  /** The lens's serial number, such as `EL08887`. */
  element: string
  /** The filter's serial number, such as `MF08888`. */
  filter: string
  /** Position of the filter wheel, from 0 on. */
  filterWheel: number
  /** Name of the lens, such as `MW 50mm`; undefined without a table. */
  lens: string | undefined
  /** Temperatures that it is made for, in degC; undefined without a table. */
  temperatureRangeC: readonly [number, number] | undefined
}

/** What a table of exposure times tells. */
export interface ExposureTable {
  element: string
  filterWheel: number
  lens: string
  temperatureRangeC: readonly [number, number] | undefined
}

const PARTS = '(EL\\d+)_(MF\\d+)_FW(\\d+)_IM\\d+_SWD\\d+'
const OLD_NAME = new RegExp(`^TEL\\d+_(\\d+)_${PARTS}\\.tsco$`, 'i')
const NEW_NAME = new RegExp(`^TEL\\d+_${PARTS}_(\\d+)\\.tsco$`, 'i')
const TABLES = 'estimated_ExposureTimes'

/** What the name of a calibration file tells; undefined of a name of another kind. */
export function calibrationFile(name: string): CalibrationFile | undefined {
  const old = OLD_NAME.exec(name)
  const [posix, element, filter, wheel] = old
    ? old.slice(1)
    : ((match) => match && [match[4], match[1], match[2], match[3]])(NEW_NAME.exec(name)) || []
  if (!posix || !element || !filter || !wheel) return undefined
  return {
    name,
    posix: Number(posix),
    element: element.toUpperCase(),
    filter: filter.toUpperCase(),
    filterWheel: Number(wheel),
    lens: undefined,
    temperatureRangeC: undefined,
  }
}

/**
 * What a table tells: lens and filter wheel in its first line, there counted from 1 on, a temperature first in each row.
 * The lens's serial number is in the file's name. Undefined of a file of another kind.
 */
export function exposureTable(name: string, text: string): ExposureTable | undefined {
  const [head = '', ...rows] = text.split(/\r?\n/)
  const lens = /lens\s+"([^"]*)"/i.exec(head)?.[1]
  const wheel = /filter wheel position\s*#?\s*(\d+)/i.exec(head)?.[1]
  const element = /EL(?:SN)?(\d+)/i.exec(name)?.[1]
  if (lens === undefined || wheel === undefined || element === undefined) return undefined
  const degrees = rows
    .map((row) => row.split(';')[0]!.trim().replace(',', '.'))
    .filter((cell) => cell !== '')
    .map(Number)
    .filter(Number.isFinite)
  const [first, last] = [degrees[0], degrees.at(-1)]
  return {
    element: `EL${element}`,
    filterWheel: Number(wheel) - 1,
    lens,
    temperatureRangeC:
      first === undefined || last === undefined ? undefined : [Math.min(first, last), Math.max(first, last)],
  }
}

/** The files of a folder, with what its tables tell. Rejects with `telops/calibration-files`. */
export async function readCalibrationFiles(directory: string): Promise<CalibrationFile[]> {
  const names = await namesIn(directory)
  const tables = await readTables(join(directory, TABLES))
  const files = names.sort().flatMap((name) => calibrationFile(name) ?? [])
  return files.map((file) => {
    const table = tables.find(
      ({ element, filterWheel }) => element === file.element && filterWheel === file.filterWheel,
    )
    return table ? { ...file, lens: table.lens, temperatureRangeC: table.temperatureRangeC } : file
  })
}

async function readTables(directory: string): Promise<ExposureTable[]> {
  const tables: ExposureTable[] = []
  for (const name of await namesIn(directory, true)) {
    if (!/\.txt$/i.test(name)) continue
    const path = join(directory, name)
    const text = await readFile(path, 'utf8').catch((error) => {
      throw fault(path, error)
    })
    const table = exposureTable(name, text)
    if (table) tables.push(table)
  }
  return tables
}

async function namesIn(directory: string, mayBeMissing = false): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if (mayBeMissing && (error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw fault(directory, error)
  }
}

function fault(path: string, cause: unknown): FramewireError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new FramewireError(
    'telops/calibration-files',
    `The calibration files at ${path} cannot be read: ${reason}. Give the folder that has the .tsco files.`,
    { path, reason },
    { cause },
  )
}
