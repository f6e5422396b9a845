/** What of a Zarr v3 array differs from one to the next in the store. */
export interface ArrayLayout {
  shape: readonly number[]
  chunkShape: readonly number[]
  dataType: 'uint8' | 'uint16' | 'float32' | 'float64'
  fillValue: 0 | 'NaN'
  dimensionNames: readonly string[]
  /** Default: the plain bytes, little-endian. */
  codecs?: readonly object[]
  attributes?: object
}

const LITTLE_ENDIAN_BYTES = { name: 'bytes', configuration: { endian: 'little' } }

/** The file name of a group's or array's metadata. */
export const ZARR_JSON = 'zarr.json'

/** The metadata document of a group. */
export function groupDocument(attributes: object): string {
  return document({ zarr_format: 3, node_type: 'group', attributes })
}

/** The metadata document of an array. */
export function arrayDocument(layout: ArrayLayout): string {
  return document({
    zarr_format: 3,
    node_type: 'array',
    shape: layout.shape,
    data_type: layout.dataType,
    chunk_grid: { name: 'regular', configuration: { chunk_shape: layout.chunkShape } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    fill_value: layout.fillValue,
    codecs: layout.codecs ?? [LITTLE_ENDIAN_BYTES],
    attributes: layout.attributes ?? {},
    dimension_names: layout.dimensionNames,
  })
}

/** The codecs of the array `frames`: one shard a chunk, one zstd frame an image. */
export function shardCodecs(height: number, width: number): readonly object[] {
  return [
    {
      name: 'sharding_indexed',
      configuration: {
        chunk_shape: [1, height, width],
        codecs: [LITTLE_ENDIAN_BYTES, { name: 'zstd', configuration: { level: 3, checksum: true } }],
        index_codecs: [LITTLE_ENDIAN_BYTES, { name: 'crc32c' }],
        index_location: 'end',
      },
    },
  ]
}

function document(content: object): string {
  return `${JSON.stringify(content, null, 2)}\n`
}
