// Clients of packages/client against a real service: a browser's cookie jar in place of the browser, and faults.
import { onTestFinished } from 'vitest';
import { type Client, type ClientOptions, type CookieOptions, createClient } from '../../packages/client/src/main.js';
import { Browser } from './client.js';

type Fetch = NonNullable<ClientOptions['fetch']>;

export interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly status: number;
}

/** What happens to a request in place of being sent: a status is answered by somebody in between. */
export type Fault = (request: { method: string; path: string }, send: () => Promise<Response>) => Promise<Response>;

/** One browser: its tabs share the jar. */
export class CookieBrowser {
  readonly sent: Sent[] = [];
  fault: Fault = (_, send) => send();
  readonly jar: Browser;

  constructor(
    readonly issuer: string,
    readonly origin = 'http://auth.test',
  ) {
    this.jar = new Browser(issuer, origin);
  }

  /** As the fetch of a page: HttpOnly cookies come and go without it. */
  readonly fetch: Fetch = async (input, init = {}) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    const send = async () => {
      const headers = new Headers(request.headers);
      const cookie = init.credentials === 'include' ? this.jar.cookiesFor(pathname) : '';
      if (cookie) headers.set('cookie', cookie);
      headers.set('origin', this.origin);
      headers.set('sec-fetch-site', 'same-origin');
      const response = await fetch(request.clone(), { headers });
      this.jar.absorb({ cookies: response.headers.getSetCookie() } as never);
      this.sent.push({ method: request.method, url: request.url, headers, status: response.status });
      return response;
    };
    return this.fault({ method: request.method, path: pathname }, send);
  };

  tab(options: Partial<CookieOptions> = {}): Client {
    return closedLater(createClient({ issuer: this.issuer, transport: 'cookie', fetch: this.fetch, ...options }));
  }

  refreshes(): Sent[] {
    return this.sent.filter(({ method, url }) => method === 'POST' && url.endsWith('/auth/refresh'));
  }
}

export function closedLater(client: Client): Client {
  onTestFinished(() => client.close());
  return client;
}

/** Everything that a client says, in order: `signed-in`, `refreshed`, `ended token_revoked`. */
export function eventsOf(client: Client): string[] {
  const events: string[] = [];
  client.subscribe(({ type, code }) => events.push(code ? `${type} ${code}` : type));
  return events;
}

/** A gate for answers that shall arrive later. */
export function held(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((done) => (open = done));
  return { opened, open };
}
