/** A description with a feature for each name, each upon a register of its own. */
export function describe(features: readonly FeatureXml[]): string {
  const nodes = features.map((feature) => feature.xml).join('\n')
  const names = features.map(({ name }) => `<pFeature>${name}</pFeature>`).join('')
  return `<?xml version="1.0" encoding="utf-8"?>
<RegisterDescription ModelName="Fake" VendorName="Framewire" StandardNameSpace="GEV" SchemaMajorVersion="1"
  SchemaMinorVersion="1" SchemaSubMinorVersion="0" MajorVersion="1" MinorVersion="0" SubMinorVersion="0"
  ToolTip="" ProductGuid="0" VersionGuid="0" xmlns="http://www.genicam.org/GenApi/Version_1_1">
  <Category Name="Root">${names}</Category>
  ${nodes}
  <Port Name="Device"/>
</RegisterDescription>`
}

export interface FeatureXml {
  name: string
  xml: string
}

const register = (name: string, address: number) =>
  `<IntReg Name="${name}Reg"><Address>${address}</Address><Length>4</Length><AccessMode>RW</AccessMode>
  <pPort>Device</pPort><Sign>Unsigned</Sign><Endianess>BigEndian</Endianess></IntReg>`

/** A whole number. `when`: the name of a feature that has to be other than 0. */
export function integer(name: string, address: number, when?: string): FeatureXml {
  const available = when ? `<pIsAvailable>${when}Reg</pIsAvailable>` : ''
  return {
    name,
    xml: `${register(name, address)}<Integer Name="${name}">${available}<pValue>${name}Reg</pValue></Integer>`,
  }
}

/** A number with fractions, of 4 bytes. */
export function float(name: string, address: number): FeatureXml {
  return {
    name,
    xml: `<FloatReg Name="${name}Reg"><Address>${address}</Address><Length>4</Length><AccessMode>RW</AccessMode>
      <pPort>Device</pPort><Endianess>BigEndian</Endianess></FloatReg>
      <Float Name="${name}"><pValue>${name}Reg</pValue></Float>`,
  }
}

export function boolean(name: string, address: number): FeatureXml {
  return {
    name,
    xml: `${register(name, address)}<Boolean Name="${name}"><pValue>${name}Reg</pValue></Boolean>`,
  }
}

/** A choice, by name and value. */
export function enumeration(name: string, address: number, entries: Record<string, number>): FeatureXml {
  const xml = Object.entries(entries).map(
    ([entry, value]) => `<EnumEntry Name="${entry}"><Value>${value}</Value></EnumEntry>`,
  )
  return {
    name,
    xml: `${register(name, address)}<Enumeration Name="${name}">${xml.join('')}<pValue>${name}Reg</pValue></Enumeration>`,
  }
}

/** A command that writes 1. */
export function command(name: string, address: number): FeatureXml {
  return {
    name,
    xml: `${register(name, address)}<Command Name="${name}"><pValue>${name}Reg</pValue><CommandValue>1</CommandValue></Command>`,
  }
}
