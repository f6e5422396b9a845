import { Register, type TelopsRegister } from '../../telops/registers.js'
import { command } from '../description.js'
import { type DescriptionFile, descriptionFile } from '../description-file.js'
import { address, category, enumeration, intReg, node } from '../xml.js'
import { CHOICES } from './choices.js'

const REGISTERS = Object.entries<TelopsRegister>(Register)
const CATEGORY = 'CameraControl'

/** The file that describes a Telops camera's own registers to hosts (GenICam), plain or as a zip archive. */
export function telopsDescription(zipped: boolean): DescriptionFile {
  const nodes = [
    category('Root', [CATEGORY]),
    category(
      CATEGORY,
      REGISTERS.map(([name]) => name),
    ),
    ...REGISTERS.flatMap(([name, register]) => feature(name, register)),
  ]
  return descriptionFile({ name: 'telops-simulator', vendor: 'Telops Inc.', model: 'FAST-IR' }, nodes, zipped)
}

function feature(name: string, { address: at, type, access, unit }: TelopsRegister): string[] {
  const mode = access === 'both' ? 'RW' : access === 'read' ? 'RO' : 'WO'
  const choices = CHOICES[name as keyof typeof CHOICES]
  const volatile = { volatile: true }
  if (type === 'command') return command(name, at)
  if (type === 'float') {
    const children = [...address(at, 4, mode, 'NoCache'), ['Endianess', 'BigEndian']] as const
    return [node('FloatReg', name, unit ? [...children, ['Unit', unit]] : children)]
  }
  if (choices) return [enumeration(name, choices, `${name}Reg`), intReg(`${name}Reg`, at, mode, volatile)]
  if (type !== 'bool') return [intReg(name, at, mode, volatile)]
  const flag = node('Boolean', name, [
    ['pValue', `${name}Reg`],
    ['OnValue', 1],
    ['OffValue', 0],
  ])
  return [flag, intReg(`${name}Reg`, at, mode, volatile)]
}
