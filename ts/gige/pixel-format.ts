import type { PackedPixels } from '../gige-vision/pixels.js'

/** How a camera lays out its pixels. */
export interface PixelFormat {
  /** Number of the PFNC, GenICam's Pixel Format Naming Convention. */
  code: number
  /** Its name there, such as `Mono12p`; `0x...` where it is none of those known here. */
  name: string
  /** Of the frame that is made of it; that of a format not known here has the bytes as they came. */
  dtype: 'uint8' | 'uint16'
  /** Values in a pixel: 3 of a colour, 4 with its alpha, in the order that the name says. */
  channels: 1 | 3 | 4
  /** Bits of a value that have a meaning; undefined for a format not known here. */
  significantBits: number | undefined
  /** Bits that a pixel takes as it is sent. */
  bitsPerPixel: number
  /** How its values are packed; undefined where each has one byte, or two. */
  packing: PackedPixels | undefined
}

/** By kind: codes from the one of the first name on, in steps of 1. */
type Row = readonly [code: number, names: string, significantBits: number, packing?: PackedPixels]

const TABLE: readonly Row[] = [
  [0x0108_0001, 'Mono8', 8],
  [0x0110_0003, 'Mono10', 10],
  [0x010c_0004, 'Mono10Packed', 10, 'mono10packed'],
  [0x010a_0046, 'Mono10p', 10, 'mono10p'],
  [0x0110_0005, 'Mono12', 12],
  [0x010c_0006, 'Mono12Packed', 12, 'mono12packed'],
  [0x010c_0047, 'Mono12p', 12, 'mono12p'],
  [0x0110_0025, 'Mono14', 14],
  [0x0110_0007, 'Mono16', 16],
  [0x0108_0008, 'BayerGR8 BayerRG8 BayerGB8 BayerBG8', 8],
  [0x0110_000c, 'BayerGR10 BayerRG10 BayerGB10 BayerBG10', 10],
  [0x0110_0010, 'BayerGR12 BayerRG12 BayerGB12 BayerBG12', 12],
  [0x0110_002e, 'BayerGR16 BayerRG16 BayerGB16 BayerBG16', 16],
  [0x010c_0026, 'BayerGR10Packed BayerRG10Packed BayerGB10Packed BayerBG10Packed', 10, 'mono10packed'],
  [0x010c_002a, 'BayerGR12Packed BayerRG12Packed BayerGB12Packed BayerBG12Packed', 12, 'mono12packed'],
  [0x010a_0052, 'BayerBG10p', 10, 'mono10p'],
  [0x010a_0054, 'BayerGB10p', 10, 'mono10p'],
  [0x010a_0056, 'BayerGR10p', 10, 'mono10p'],
  [0x010a_0058, 'BayerRG10p', 10, 'mono10p'],
  [0x010c_0053, 'BayerBG12p', 12, 'mono12p'],
  [0x010c_0055, 'BayerGB12p', 12, 'mono12p'],
  [0x010c_0057, 'BayerGR12p', 12, 'mono12p'],
  [0x010c_0059, 'BayerRG12p', 12, 'mono12p'],
  [0x0218_0014, 'RGB8 BGR8', 8],
  [0x0220_0016, 'RGBa8 BGRa8', 8],
  [0x0230_0033, 'RGB16', 16],
  [0x0230_004b, 'BGR16', 16],
]

const FORMATS = TABLE.flatMap(([first, names, significantBits, packing]) =>
  names.split(' ').map((name, index): PixelFormat => {
    const code = first + index
    const bitsPerPixel = (code >> 16) & 0xff
    const dtype = significantBits > 8 ? 'uint16' : 'uint8'
    const valueBits = dtype === 'uint16' ? 16 : 8
    const channels = packing ? 1 : ((bitsPerPixel / valueBits) as PixelFormat['channels'])
    return { code, name, dtype, channels, significantBits, bitsPerPixel, packing }
  }),
)
const BY_CODE = new Map(FORMATS.map((format) => [format.code, format]))
const BY_NAME = new Map(FORMATS.map((format) => [format.name, format]))

/** The format with this name, where it is one of those known here. */
export function pixelFormatNamed(name: string): PixelFormat | undefined {
  return BY_NAME.get(name)
}

/** The format with this number; one that is not known is as good, and its frames are bytes as they came. */
export function pixelFormat(code: number): PixelFormat {
  return (
    BY_CODE.get(code) ?? {
      code,
      name: `0x${code.toString(16).padStart(8, '0')}`,
      dtype: 'uint8',
      channels: 1,
      significantBits: undefined,
      bitsPerPixel: 8,
      packing: undefined,
    }
  )
}
