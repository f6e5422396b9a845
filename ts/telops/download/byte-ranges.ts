/** Bytes `[from, to)`. Lists of them are in order and do not touch. */
export type ByteRange = readonly [from: number, to: number]

/** What both lists have. */
export function intersection(a: readonly ByteRange[], b: readonly ByteRange[]): ByteRange[] {
  const both: ByteRange[] = []
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const from = Math.max(a[i]![0], b[j]![0])
    const to = Math.min(a[i]![1], b[j]![1])
    if (from < to) both.push([from, to])
    if (a[i]![1] < b[j]![1]) i++
    else j++
  }
  return both
}

/** What the first list has and the second has not. */
export function difference(a: readonly ByteRange[], b: readonly ByteRange[]): ByteRange[] {
  const rest: ByteRange[] = []
  let i = 0
  for (const [start, end] of a) {
    let from = start
    while (i < b.length && b[i]![1] <= start) i++
    for (let j = i; j < b.length && b[j]![0] < end; j++) {
      const [holeFrom, holeTo] = b[j]!
      if (holeFrom > from) rest.push([from, holeFrom])
      from = holeTo
    }
    if (from < end) rest.push([from, end])
  }
  return rest
}
