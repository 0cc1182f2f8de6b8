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
  const ends = [AbortSignal.timeout(bounds.timeoutMs), ...(bounds.signal ? [bounds.signal] : [])];
  const signal = AbortSignal.any(ends);
  // A redirect could lead to a document of somebody else.
  const init = { signal, redirect: 'error' as const, headers: { ...bounds.headers } };
  const response = await fetch(url, init);
  if (Number(response.headers.get('content-length')) > bounds.maxBytes) {
    await response.body?.cancel();
    throw new Error(`${url} is larger than ${bounds.maxBytes} bytes`);
  }
  return { status: response.status, headers: response.headers, text: await textOf(response, url, bounds.maxBytes) };
}

async function textOf(response: Response, url: string, maxBytes: number): Promise<string> {
  if (!response.body) return '';
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const reader = response.body.getReader();
  let [text, bytes] = ['', 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      await reader.cancel();
      throw new Error(`${url} is larger than ${maxBytes} bytes`);
    }
    text += decoder.decode(value, { stream: true });
  }
}
