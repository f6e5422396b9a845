import type { ErrorCode } from 'framewire'

/**
 * Where this client, given the same call, does on purpose something else than the service's own client did, and why.
 * What is not in this table must be equal.
 */
export interface Difference {
  scenario: string
  /** Which calls, counted from 0 in `calls.jsonl`. */
  calls: readonly number[]
  /** The code this client refuses them with, where the other one accepted them. */
  refusedAs?: ErrorCode
  /** This client accepts them, where the other one raised. */
  accepted?: true
  /** Recorded requests (`seq`) that this client therefore does not send. */
  unsent?: readonly number[]
  /** Requests that it sends and the other one did not, as `METHOD target body`. */
  sent?: readonly string[]
  why: string
}

const uploadUrlOf = (index: number) =>
  `/data_entries/raw_data/staged/upload_urls/?original_filename=frames.zarr%2Fframes%2Fc%2F${index}%2F0%2F0&num_parts=1&staging_type=stream`

export const DIFFERENCES: readonly Difference[] = [
  {
    scenario: 'rheed-stationary-defaults',
    calls: [3],
    accepted: true,
    sent: [
      `POST ${uploadUrlOf(2)} {"data_id":"d0d0d0d0-0000-4000-8000-000000000001","data_stream":"rheed","is_stream":"1","is_rotating":"0","raw_frame_rate":"2.0","avg_frame_rate":"2.0","chunk_size":"4","dims":"4,32,48","start_unix_ms_utc":"1700000004000","end_unix_ms_utc":"1700000006000"}`,
      'PUT /bucket/frames.zarr/frames/c/2/0/0?X-Sig=abc%2Fdef%3D&n=0',
    ],
    why: 'black frames are data: a frame is never left out of a shard, so a chunk of them can be sent',
  },
  {
    scenario: 'rheed-dtypes-and-errors',
    calls: [3, 4, 5],
    refusedAs: 'stream/option',
    unsent: [1, 2, 3],
    why: 'a rate of 0, below 0 or NaN gives no times and no cadence',
  },
  {
    scenario: 'rheed-dtypes-and-errors',
    calls: [8, 9],
    refusedAs: 'stream/option',
    unsent: [5, 6],
    why: 'a rotation below 0 or without end gives an impossible number of frames per rotation',
  },
  {
    scenario: 'rheed-dtypes-and-errors',
    calls: [11, 16],
    refusedAs: 'frames/scale-required',
    // A later push of index 0 is sent with the same words: of the two recorded ones, the later is taken as unsent.
    unsent: [18, 19, 26, 27],
    why: '16-bit pixels, in either byte order, would be cut modulo 256; here they need a stated scale',
  },
  {
    scenario: 'rheed-dtypes-and-errors',
    calls: [12, 13, 14, 15],
    refusedAs: 'frames/dtype',
    unsent: [10, 11, 12, 13, 14, 15, 16, 17],
    why: 'float, signed and boolean pixels would be cast in silence',
  },
  {
    scenario: 'rheed-dtypes-and-errors',
    calls: [23],
    refusedAs: 'frames/too-many',
    unsent: [22, 23],
    why: 'more frames than the declared chunk size do not fit into the array of the stream',
  },
  {
    scenario: 'rheed-dtypes-and-errors',
    calls: [24],
    refusedAs: 'frames/size-changed',
    unsent: [24, 25],
    why: 'frames of another size do not fit into the array of the stream',
  },
  {
    scenario: 'rheed-dtypes-and-errors',
    calls: [31],
    accepted: true,
    why: 'finalize once more answers the same receipt: a clean-up that runs twice does no harm',
  },
  {
    scenario: 'rheed-run-generator',
    calls: [5],
    refusedAs: 'upload/incomplete',
    unsent: [10, 11],
    why: 'a second run restarts at index 0, and its other frames would overwrite those of the first: they are not sent, and finalize says so',
  },
  {
    scenario: 'timeseries-all-options',
    calls: [15],
    refusedAs: 'stream/chunk-reused',
    unsent: [18],
    why: 'a second run of a channel restarts at index 0, and would take its units away there',
  },
]
