/** A Python literal of the kinds that a .npy header is made of. Tuples and lists are arrays. */
export type PythonLiteral = string | number | boolean | null | PythonLiteral[] | Map<string, PythonLiteral>

/** Deeper nesting than any real header has. */
const MAX_DEPTH = 16

/**
 * Read one Python literal: dict with string keys, tuple, list, string without escapes, whole number, True, False, None.
 * Evaluates nothing. Throws `SyntaxError` for everything else.
 */
export function parsePythonLiteral(text: string): PythonLiteral {
  const tokens = text.match(/'[^'\\\n]*'|"[^"\\\n]*"|-?\d+L?|[A-Za-z_]+|[{}()[\],:]|\S/g) ?? []
  let at = 0

  function expect(token: string): void {
    if (tokens[at++] !== token) throw new SyntaxError(`expected ${token}`)
  }

  /** Items up to the closing bracket, separated by commas; one may follow the last. */
  function items(close: string, item: () => void): void {
    while (tokens[at] !== close) {
      item()
      if (tokens[at] !== close) expect(',')
    }
    at++
  }

  function literal(depth: number): PythonLiteral {
    const token = tokens[at++]
    if (token === undefined || depth > MAX_DEPTH) throw new SyntaxError('unfinished or too deep')
    if (token === '{') {
      const dict = new Map<string, PythonLiteral>()
      items('}', () => {
        const key = literal(depth + 1)
        if (typeof key !== 'string' || dict.has(key)) throw new SyntaxError('bad key')
        expect(':')
        dict.set(key, literal(depth + 1))
      })
      return dict
    }
    if (token === '(' || token === '[') {
      const list: PythonLiteral[] = []
      items(token === '(' ? ')' : ']', () => list.push(literal(depth + 1)))
      return list
    }
    if (/^['"]./.test(token)) return token.slice(1, -1)
    // Python 2 wrote long integers as 26L.
    if (/^-?\d/.test(token)) return Number.parseInt(token, 10)
    if (token === 'True') return true
    if (token === 'False') return false
    if (token === 'None') return null
    throw new SyntaxError(`unexpected ${token}`)
  }

  const value = literal(0)
  if (at !== tokens.length) throw new SyntaxError('text after the literal')
  return value
}
