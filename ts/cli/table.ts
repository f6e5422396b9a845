/** A row of a table; one that has no text is left out. */
export type Row = [label: string, text: string | false | undefined]

/** Rows of a label and a text, for people. */
export function table(rows: readonly Row[]): string {
  return rows
    .filter(([, text]) => text !== false && text !== undefined)
    .map(([label, text]) => `${label.padEnd(9)} ${text}`)
    .join('\n')
}

/** Bytes for people: `3.7 MB`. */
export function megabytes(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`
}

/** Seconds for people: `8 s`, `3:20`, `2:03:20`. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const [first, ...rest] = parts[0] === 0 ? parts.slice(1) : parts
  return [first, ...rest.map((part) => String(part).padStart(2, '0'))].join(':')
}

/** Rows of texts in columns, for people. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
