// A browser that signs in at a provider: it keeps the cookies of both sides, and follows redirects by hand.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSetCookie } from 'cookie';
import type { ClientMetadata, Configuration } from 'oidc-provider';
import { type Answer, Browser, type Person, register } from './client.js';
import { noteSecret } from './leaks.js';
import { type Service, startServiceForTest } from './service.js';
import { startUpstream, subjectOf, UPSTREAM_SECRET } from './upstream-provider.js';

export const callbackOf = (id: string) => `http://auth.test/auth/upstream/${id}/callback`;

/** Starts a service that knows these providers. @param start is given the settings; the file is read once */
export async function withProviders<T>(
  entries: readonly Readonly<Record<string, unknown>>[],
  start: (settings: { UPSTREAM_PROVIDERS: string; UPSTREAM_SECRET: string }) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-providers-'));
  const file = join(folder, 'providers.json');
  writeFileSync(file, JSON.stringify(entries));
  noteSecret(UPSTREAM_SECRET, 'the client secret');
  try {
    return await start({ UPSTREAM_PROVIDERS: file, UPSTREAM_SECRET });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Wanted {
  /** Overrides the provider's entry in the file. */
  readonly entry?: Readonly<Record<string, unknown>>;
  readonly settings?: Record<string, string>;
  /** Overrides the provider's configuration. */
  readonly wanted?: Configuration;
  /** Adds to what the provider knows of its client. */
  readonly client?: Partial<ClientMetadata>;
}

/** A service with one provider, for one test. */
export async function startWithUpstream({ entry = {}, settings = {}, wanted = {}, client = {} }: Wanted = {}) {
  const upstream = await startUpstream([callbackOf('authentik')], wanted, client);
  const service = await withProviders([{ ...upstream.entry, ...entry }], (known) =>
    startServiceForTest({ ...known, ...settings }),
  );
  return { service, upstream };
}

/** A user who is linked already, as SQL would link them: how people link, is tested elsewhere. */
export async function linkedUser(service: Service, issuer: string, name: string): Promise<Person & { userId: string }> {
  const person = await register(service.url);
  return { ...person, userId: await linkUser(service, person.email, { issuer, subject: subjectOf(name) }) };
}

export async function linkUser(
  service: Service,
  email: string,
  { issuer, subject }: { readonly issuer: string; readonly subject: string },
): Promise<string> {
  const [row] = await service.query<{ user_id: string }>(
    `INSERT INTO upstream_identities (user_id, issuer, subject, id, linked_at)
     SELECT id, $2, $3, gen_random_uuid(), protocol_now() FROM users WHERE email = $1 RETURNING user_id`,
    [email, issuer, subject],
  );
  return row?.user_id ?? '';
}

export class UpstreamBrowser extends Browser {
  /** The provider's cookies. */
  readonly theirs = new Map<string, string>();

  constructor(
    base: string,
    readonly id = 'authentik',
  ) {
    super(base);
  }

  /** A navigation from another site, or from the address bar. */
  navigate(path: string, site: 'cross-site' | 'none' = 'cross-site'): Promise<Answer> {
    return this.go('GET', path, { headers: { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate' } });
  }

  /** @returns the address at the provider */
  async begin(query = ''): Promise<URL> {
    const answer = await this.navigate(`/auth/upstream/${this.id}${query}`, 'none');
    if (answer.status !== 303) throw new Error(`begin: ${answer.status} ${answer.text}`);
    const location = new URL(String(answer.headers['location']));
    noteSecret(location.searchParams.get('state'), 'a state');
    noteSecret(location.searchParams.get('nonce'), 'a nonce');
    return location;
  }

  /** Signs in at the provider, unless its session still is. @returns path and query of the callback */
  async atProvider(location: URL, name: string): Promise<string> {
    let url = location;
    for (let steps = 0; steps < 8; steps++) {
      if (url.hostname === 'auth.test') {
        noteSecret(url.searchParams.get('code'), "the provider's code");
        return url.pathname + url.search;
      }
      const isLogin = url.pathname.includes('/login/');
      const form = isLogin ? { method: 'POST', body: new URLSearchParams({ name }) } : {};
      const cookie = [...this.theirs].map(([key, value]) => `${key}=${value}`).join('; ');
      const answer = await fetch(url, { ...form, headers: { cookie }, redirect: 'manual' });
      for (const line of answer.headers.getSetCookie()) {
        const { name: key, value = '' } = parseSetCookie(line) as { name: string; value?: string };
        if (value === '') this.theirs.delete(key);
        else this.theirs.set(key, value);
      }
      const next = answer.headers.get('location');
      if (next === null) throw new Error(`the provider answers ${answer.status}: ${await answer.text()}`);
      url = new URL(next, url);
    }
    throw new Error('the provider redirects for ever');
  }

  /** The whole way. @returns the answer of the callback */
  async signIn(name: string, query = ''): Promise<Answer> {
    return this.navigate(await this.atProvider(await this.begin(query), name));
  }
}
