// Sends what the client itself has to say to the issuer.
import { type Read, read } from './answers.js';
import type { Settings } from './settings.js';
import { waitedFor } from './waiting.js';

/**
 * Over cookies without a body the browser's cookies say it all.
 * @param ms for the whole answer
 * @throws Undecided when that is over, an error of the network as `fetch` throws it
 */
export async function post(
  { fetch, issuer, isBearer }: Pick<Settings, 'fetch' | 'issuer' | 'isBearer'>,
  path: string,
  body: object | false,
  ms: number,
  method = 'POST',
): Promise<Read> {
  const end = new AbortController();
  const json = body && {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  const credentials = isBearer ? 'omit' : 'include';
  const init: RequestInit = {
    method,
    credentials,
    redirect: 'error',
    signal: end.signal,
    // A page that is left meanwhile must not lose the new cookie: the next page would come with the old one, too late.
    keepalive: !isBearer,
    ...json,
  };
  try {
    return await waitedFor(
      fetch(issuer + path, init).then((response) => read(response)),
      ms,
    );
  } finally {
    end.abort();
  }
}
