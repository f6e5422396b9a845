/** What is compared of a request. */
interface Request {
  method: string
  target: string
  body: string | null
}

/** A body with what the client took from the clock masked: here only the default name of a stream. */
export function withoutTimes(body: string | null): string {
  return (body ?? '').replace(/"RHEED Stream @ (?:[1-9]|1[0-2]):[0-5]\d[AP]M"/, '"RHEED Stream @ H:MMPM"')
}

/** A request in one line: method, target, body byte for byte. The bytes of a shard are compared elsewhere. */
export function lineOf({ method, target, body }: Request): string {
  return `${method} ${target.replace(/^\/\//, '/')} ${withoutTimes(body)}`.trimEnd()
}

/** The steps of a stream in their order; requests within a step may run at once and so in any order. */
const STEPS: readonly (readonly [step: string, is: RegExp])[] = [
  ['time', /^GET \/gateway\/time/],
  ['resolve', /^(?:GET|POST) \/(?:physical_samples|tags)\/(?: |$)/],
  ['create', /^POST \/(?:rheed\/stream\/|tool-state\/stream\/initialize) /],
  ['link', /^POST \/(?:data_entries\/physical_sample|projects\/|tags\/data-items\/)/],
  ['chunk', /^(?:POST \/(?:data_entries\/raw_data|tool-state\/stream\/chunk)|PUT )/],
  ['end', /^POST \/(?:rheed|tool-state)\/stream\/[^/]+\/(?:end|finalize)$/],
]

/** Requests as lines, grouped by steps in order of time; lines within a step are sorted. */
export function steps(requests: readonly Request[]): { step: string; lines: string[] }[] {
  const groups: { step: string; lines: string[] }[] = []
  for (const line of requests.map(lineOf)) {
    const step = STEPS.find(([, is]) => is.test(line))?.[0] ?? 'unknown'
    const last = groups.at(-1)
    if (last?.step === step) last.lines.push(line)
    else groups.push({ step, lines: [line] })
  }
  for (const { lines } of groups) lines.sort()
  return groups
}
