import type { IngestApi } from './api.js'

/** When the frames of a chunk were captured, by the service's clock. */
export interface CaptureTimes {
  index: number
  /** Capture time of the first frame, Unix ms with a fraction. */
  startUnixMs: number
  /** Microseconds from the first frame to each. */
  offsetsUs: readonly number[]
}

/**
 * Tell framewire's own server when each frame of a chunk that it holds was captured. Throws as {@link IngestApi.send}
 * does.
 */
export async function sendCaptureTimes(
  api: IngestApi,
  dataId: string,
  { index, startUnixMs, offsetsUs }: CaptureTimes,
): Promise<void> {
  const path = `/framewire/v1/streams/${encodeURIComponent(dataId)}/chunks/${index}/times`
  const body = JSON.stringify({ start_unix_ms: startUnixMs, offsets_us: offsetsUs })
  await api.retry(() => api.send({ method: 'PUT', path, body }))
}
