// Server-side rendering: sends on the cookies of the request that the server answers, and hands new ones back.
import { type Client, clientOf } from './client.js';
import { type CookieOptions, settingsOf } from './settings.js';
import { ownLocks } from './locks.js';
import { siteOf } from './trust.js';

/** The cookies of one request and its answer. */
export interface ServerCookies {
  /** The header `Cookie` of the request that came from the browser. */
  get(): string | null | undefined;
  /** Receives each `Set-Cookie` line of the issuer, for the answer to the browser. */
  set(line: string): void;
}

export interface ServerOptions extends Omit<CookieOptions, 'transport' | 'storage' | 'lock'> {
  readonly cookies: ServerCookies;
}

/**
 * A client for one request, never for more: it acts as the person whose cookies it was given. It refreshes only where the
 * browser has sent the refresh cookie, which is for `/auth/refresh` alone; elsewhere a 401 `token_expired` is handed on,
 * and the client in the browser refreshes.
 */
export function createClient({ cookies, ...options }: ServerOptions): Client {
  const jar = new Jar(cookies.get() ?? '');
  const settings = settingsOf({ ...options, transport: 'cookie', lock: ownLocks() });
  const { issuer } = settings;
  return clientOf({
    ...settings,
    get canRefresh() {
      return jar.hasRefresh;
    },
    hasTabs: false,
    async fetch(input, init = {}) {
      if (init.credentials !== 'include') return settings.fetch(input, init);
      const url = new URL(typeof input === 'object' && 'url' in input ? input.url : input);
      const isIssuer = siteOf(url) === issuer;
      const headers = new Headers(init.headers);
      headers.set('cookie', jar.header(isIssuer, url.pathname));
      const response = await settings.fetch(input, { ...init, headers });
      for (const line of isIssuer ? response.headers.getSetCookie() : []) {
        jar.put(line);
        cookies.set(line);
      }
      return response;
    },
  });
}

const ours = /^\s*((?:__Host-|__Secure-)?(access_token|refresh_token|auth_session|device))=([^;]*)/;

/** Holds our own cookies only: those of the app are nobody else's business. */
class Jar {
  private readonly cookies = new Map<string, { kind: string; value: string }>();

  constructor(header: string) {
    for (const text of header.split(';')) this.put(text);
  }

  get hasRefresh(): boolean {
    return [...this.cookies.values()].some(({ kind }) => kind === 'refresh_token');
  }

  put(text: string): void {
    const [, name, kind, value] = ours.exec(text) ?? [];
    if (!name || !kind) return;
    if (!value || /;\s*max-age=0/i.test(text)) this.cookies.delete(name);
    else this.cookies.set(name, { kind, value });
  }

  /** An API gets the access token only, and the issuer the refresh token where it takes it. */
  header(isIssuer: boolean, path: string): string {
    return [...this.cookies]
      .filter(([, { kind }]) =>
        isIssuer ? kind !== 'refresh_token' || path === '/auth/refresh' : kind === 'access_token',
      )
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ');
  }
}
