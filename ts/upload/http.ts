/** One request. `body` is sent as it is; a `Blob` is streamed by the platform. */
export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: string
  headers?: Readonly<Record<string, string>>
  body?: string | Uint8Array<ArrayBuffer> | Blob
  signal?: AbortSignal
}

/** One answer, its body read. Header names are lower case. */
export interface HttpAnswer {
  status: number
  headers: Readonly<Record<string, string>>
  text: string
}

/**
 * The seam to the network. Answers for every status; throws `upload/unreachable` where there was no whole answer
 * (`stream/aborted` where the signal fired).
 */
export type HttpTransport = (request: HttpRequest) => Promise<HttpAnswer>
