import { aborted } from '../upload/http.js'

/**
 * The items of an iterable until the signal fires: then `stream/aborted`, also while the next item is awaited.
 * @param what what is aborted, for the message
 */
export async function* abortable<T>(
  items: Iterable<T> | AsyncIterable<T>,
  what: string,
  signal?: AbortSignal,
): AsyncGenerator<T> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  let done = false
  try {
    for (;;) {
      const next = await nextOf(iterator, what, signal)
      if (next.done) {
        done = true
        return
      }
      yield next.value
    }
  } finally {
    // Not awaited: a producer that hangs would not answer this either.
    if (!done) Promise.resolve(iterator.return?.()).catch(() => undefined)
  }
}

// A listener for each item: one promise raced again and again would keep every race until the end.
function nextOf<T>(
  iterator: Iterator<T> | AsyncIterator<T>,
  what: string,
  signal?: AbortSignal,
): Promise<IteratorResult<T>> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(aborted(what, signal))
    const onAbort = () => reject(aborted(what, signal))
    signal?.addEventListener('abort', onAbort, { once: true })
    Promise.resolve(iterator.next())
      .then(resolve, reject)
      .finally(() => signal?.removeEventListener('abort', onAbort))
  })
}

/** 0, 1, 2 ... */
export function* naturals(): Generator<number> {
  for (let number = 0; ; number++) yield number
}
