// Fetches a document of the issuer within limits of time and size: a slow or an endless answer is cut off.

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Bounds {
  /** For the whole answer, headers and body. */
  readonly timeoutMs: number;
  /** Of the body, after it is decompressed. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

/** @throws Error when there is no whole answer within the bounds, or the answer points elsewhere */
export async function boundedFetch(fetch: typeof globalThis.fetch, url: string, bounds: Bounds): Promise<Answer> {
  // Not AbortSignal.any and AbortSignal.timeout: Node 20 may collect them while the request still runs, and then nothing
  // ends it.
  const end = new AbortController();
  const close = () => end.abort(new Error(`${url}: the verifier was closed`));
  if (bounds.signal?.aborted) close();
  bounds.signal?.addEventListener('abort', close, { once: true });
  const late = () => end.abort(new Error(`${url} gave no whole answer within ${bounds.timeoutMs} ms`));
  const timer = setTimeout(late, bounds.timeoutMs);
  // Nor the signal alone: once Node 20 has collected the response, an abort no longer ends the read of its body.
  const ended = new Promise<never>((_, fail) =>
    end.signal.addEventListener('abort', () => fail(end.signal.reason), { once: true }),
  );
  ended.catch(() => undefined);
  try {
    // A redirect could lead to a document of somebody else.
    const init = { signal: end.signal, redirect: 'error' as const, headers: { ...bounds.headers } };
    const response = await fetch(url, init);
    if (Number(response.headers.get('content-length')) > bounds.maxBytes) throw tooLarge(url, bounds.maxBytes);
    const text = await Promise.race([textOf(response, url, bounds.maxBytes), ended]);
    return { status: response.status, headers: response.headers, text };
  } catch (error) {
    end.abort(error); // also ends a connection that goes on sending
    throw error;
  } finally {
    clearTimeout(timer);
    bounds.signal?.removeEventListener('abort', close);
  }
}

const tooLarge = (url: string, maxBytes: number) => new Error(`${url} is larger than ${maxBytes} bytes`);

async function textOf(response: Response, url: string, maxBytes: number): Promise<string> {
  if (!response.body) return '';
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const reader = response.body.getReader();
  let [text, bytes] = ['', 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > maxBytes) throw tooLarge(url, maxBytes);
    text += decoder.decode(value, { stream: true });
  }
}
