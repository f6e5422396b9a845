import { strToU8, zipSync } from 'fflate'
import { node } from './xml.js'

/** What a file in a zip is dated with, so that the same description has the same bytes. */
const DATE = '2020-01-01T00:00:00Z'

/** A file that describes a camera's features to hosts (GenICam). */
export interface DescriptionFile {
  name: string
  bytes: Uint8Array
}

/** The file that is made of these nodes, plain or as a zip archive; its name ends in what it is. */
export function descriptionFile(
  { name, vendor, model }: { name: string; vendor: string; model: string },
  nodes: readonly string[],
  zipped: boolean,
): DescriptionFile {
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<RegisterDescription ModelName="${model}" VendorName="${vendor}" StandardNameSpace="GEV" SchemaMajorVersion="1" \
SchemaMinorVersion="1" SchemaSubMinorVersion="0" MajorVersion="1" MinorVersion="0" SubMinorVersion="0" \
ProductGuid="6c1f4f0e-3f0a-4c59-9d6f-5a4b7f0c2d11" VersionGuid="b2f1d3b8-6f0e-4a6a-8a3b-0a6c8d1e9f42" \
ToolTip="A simulated camera" xmlns="http://www.genicam.org/GenApi/Version_1_1" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="http://www.genicam.org/GenApi/Version_1_1 http://www.genicam.org/GenApi/GenApiSchema_Version_1_1.xsd">
${[...nodes, node('Port', 'Device', [])].join('\n')}
</RegisterDescription>
`
  const xml = strToU8(wholeWords(text))
  if (!zipped) return { name: `${name}.xml`, bytes: xml }
  return { name: `${name}.zip`, bytes: zipSync({ [`${name}.xml`]: xml }, { mtime: DATE }) }
}

/**
 * Memory is read in words, and some hosts take what lies behind a file for a part of it. Others take a length in hex for
 * a decimal one where it has no letter.
 */
function wholeWords(text: string): string {
  let length = Math.ceil(text.length / 4) * 4
  while (!/[a-f]/.test(length.toString(16))) length += 4
  return text.padEnd(length)
}
