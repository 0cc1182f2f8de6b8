// `cli upstream check`: against the real provider, and against one that is wrong in each way.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { ProviderSettings } from '../src/config/provider-file.js';
import { findingsOf } from '../src/upstream/check/provider-check.js';
import { checkout, command } from './support/process.js';
import { startUpstream, UPSTREAM_SECRET } from './support/upstream-provider.js';

const CALLBACK = 'http://auth.test/auth/upstream/authentik/callback';
const LOGOUT = 'http://auth.test/auth/upstream/authentik/logout';

const settingsFor = (issuer: string, wanted: Partial<ProviderSettings> = {}): ProviderSettings => ({
  ...{ id: 'authentik', label: 'Authentik', issuer, clientId: 'watchword', clientSecret: UPSTREAM_SECRET },
  ...{ scopes: ['openid', 'profile', 'email'], allowSignUp: false, trustEmailVerified: false },
  ...{ returnAfterLogout: false, ...wanted },
});

async function check(issuer: string, wanted: Partial<ProviderSettings> = {}, now = () => new Date()) {
  const checked = {
    provider: settingsFor(issuer, wanted),
    callback: CALLBACK,
    logout: LOGOUT,
    afterLogout: 'http://auth.test/account/sign-in',
    now,
  };
  const findings = await findingsOf(checked);
  return Object.fromEntries(findings.map(({ check: name, state, sentence }) => [name, `${state}: ${sentence}`]));
}

it('finds nothing wrong with a provider that is set up as the page says', async () => {
  const upstream = await startUpstream([CALLBACK]);
  const found = await check(upstream.issuer);
  expect(Object.keys(found)).toEqual([
    ...['discovery', 'clock', 'issuer', 'endpoints', 'scopes', 'pkce', 'algorithms', 'keys', 'redirect_address'],
    ...['client_secret', 'end_session', 'backchannel_logout'],
  ]);
  for (const sentence of Object.values(found)) expect(sentence).toMatch(/^ok: /);
  expect(found['backchannel_logout']).toContain(`Register ${LOGOUT} there`);
});

it('tells a redirect address that is not registered, a client that is not known, and a wrong secret apart', async () => {
  const upstream = await startUpstream([`${CALLBACK}/`]);
  const unregistered = await check(upstream.issuer);
  expect(unregistered['redirect_address']).toMatch(/^wrong: .*refuses our redirect address \(status 400\)/);
  expect(unregistered['redirect_address']).toContain(
    `Register exactly ${CALLBACK} (Authentik: Redirect URIs, Strict).`,
  );
  expect(unregistered['client_secret']).toMatch(/^ok: /);
  const stranger = await check(upstream.issuer, { clientId: 'somebody-else' });
  expect(stranger['redirect_address']).toMatch(/^wrong: .*refuses our clientId: compare it/);
  expect(stranger['client_secret']).toMatch(/^wrong: .*refuses our clientId or its secret/);
  const mistyped = await check(upstream.issuer, { clientSecret: 'mistyped' });
  expect(mistyped['client_secret']).toMatch(/^wrong: .*copy Client ID and Client Secret again/);
  expect(JSON.stringify([stranger, mistyped])).not.toMatch(/mistyped|upstream-client-secret/);
});

it('names a scope that the provider does not offer', async () => {
  const upstream = await startUpstream([CALLBACK]);
  const found = await check(upstream.issuer, { scopes: ['openid', 'groups'] });
  expect(found['scopes']).toMatch(/^wrong: The provider does not offer groups: .*Selected Scopes/);
});

interface Wrong {
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly keys?: readonly unknown[];
  /** Of the answer of the path. */
  readonly answers?: Readonly<Record<string, { status: number; headers?: Record<string, string>; body?: string }>>;
}

/** A provider that answers whatever a test wants. */
async function startWrong({ metadata = {}, keys, answers = {} }: Wrong) {
  const asked: { path: string; body: string }[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const part of request) body += String(part);
      const { pathname: path } = new URL(request.url ?? '', issuer);
      asked.push({ path, body: `${body} ${request.headers.authorization ?? ''}` });
      const { status, headers = {}, body: text = '' } = answers[path] ?? usual[path] ?? { status: 404 };
      response.writeHead(status, headers).end(text);
    })();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = `${origin}/application/o/watchword/`;
  const document = {
    ...{ issuer, authorization_endpoint: `${origin}/authorize`, token_endpoint: `${origin}/token` },
    ...{ jwks_uri: `${origin}/jwks`, id_token_signing_alg_values_supported: ['RS256'] },
    ...{ scopes_supported: ['openid', 'profile', 'email'], code_challenge_methods_supported: ['S256'] },
    ...metadata,
  };
  const usual: Wrong['answers'] & object = {
    '/application/o/watchword/.well-known/openid-configuration': { status: 200, body: JSON.stringify(document) },
    '/jwks': { status: 200, body: JSON.stringify({ keys: keys ?? [{ kty: 'RSA', use: 'sig', alg: 'RS256' }] }) },
    '/authorize': { status: 302, headers: { location: `${CALLBACK}?error=login_required&state=check` } },
    '/token': { status: 400, body: JSON.stringify({ error: 'invalid_grant' }) },
  };
  return { issuer, asked };
}

const DISCOVERY = '/application/o/watchword/.well-known/openid-configuration';

it.each<[string, Wrong, string, RegExp]>([
  [
    'no signing key',
    { metadata: { id_token_signing_alg_values_supported: ['HS256'] } },
    'algorithms',
    /select a Signing Key/,
  ],
  ['only EdDSA', { metadata: { id_token_signing_alg_values_supported: ['EdDSA'] } }, 'algorithms', /but by EdDSA/],
  ['an empty key set', { keys: [] }, 'keys', /key set is empty\. .*Signing Key/],
  ['keys for encryption only', { keys: [{ kty: 'RSA', use: 'enc' }] }, 'keys', /None of the provider's 1 key/],
  ['no key set', { answers: { '/jwks': { status: 500 } } }, 'keys', /answers 500 without a key set/],
  ['another address', { metadata: { issuer: 'https://other.example/x/' } }, 'issuer', /X-Forwarded-Proto/],
  ['no issuer', { metadata: { issuer: undefined } }, 'issuer', /names no issuer/],
  ['tenants', { metadata: { issuer: 'https://login.example/{tenantid}/v2.0' } }, 'issuer', /Directory \(tenant\) ID/],
  ['no endpoint', { metadata: { token_endpoint: undefined } }, 'endpoints', /names no token_endpoint/],
  [
    'no PKCE by S256',
    { metadata: { code_challenge_methods_supported: ['plain'] } },
    'pkce',
    /Code Challenge Method: S256/,
  ],
  ['no document', { answers: { [DISCOVERY]: { status: 404 } } }, 'discovery', /the Slug of the application/],
  ['a page', { answers: { [DISCOVERY]: { status: 200, body: '<html>' } } }, 'discovery', /address of its web page/],
  [
    'a redirect',
    { answers: { [DISCOVERY]: { status: 301, headers: { location: 'https://sso.example/' } } } },
    'discovery',
    /sends us on to https:\/\/sso\.example\//,
  ],
  [
    'a scope that the client may not ask for',
    { answers: { '/authorize': { status: 302, headers: { location: `${CALLBACK}?error=invalid_scope` } } } },
    'redirect_address',
    /answers invalid_scope: add the scopes/,
  ],
  [
    'a client without the code flow',
    { answers: { '/token': { status: 400, body: '{"error":"unauthorized_client"}' } } },
    'client_secret',
    /may not use the authorization code flow/,
  ],
  [
    'an error page behind a redirect',
    {
      answers: { '/authorize': { status: 302, headers: { location: 'https://sso.example/signin/error?authError=x' } } },
    },
    'redirect_address',
    /refuses our clientId or redirect address/,
  ],
])('says what to change at a provider with %s', async (_name, mistake, name, sentence) => {
  const { issuer } = await startWrong(mistake);
  const found = await check(issuer);
  expect(found[name]).toMatch(/^wrong: /);
  expect(found[name]).toMatch(sentence);
  const others = Object.entries(found).filter(([other, text]) => other !== name && text.startsWith('wrong'));
  expect(others).toEqual([]);
});

it('says that only the slash at the end of the issuer differs, or the issuer mode', async () => {
  const { issuer } = await startWrong({});
  expect((await check(issuer.slice(0, -1)))['issuer']).toMatch(/^wrong: .*Only the slash at the end differs/);
  const { origin } = new URL(issuer);
  const global = await startWrong({ metadata: { issuer: `${origin}/` } });
  expect((await check(global.issuer))['issuer']).toMatch(/^wrong: .*Issuer mode .*based on the application slug/);
});

it('sends the secret to nobody whose name is not that of the file', async () => {
  const { issuer, asked } = await startWrong({ metadata: { issuer: 'https://other.example/' } });
  await check(issuer);
  expect(asked.map(({ path }) => path)).toEqual([DISCOVERY]);
});

it('tells what cannot be told: an address that is judged after the login, and PKCE that is not named', async () => {
  const { issuer } = await startWrong({
    metadata: { code_challenge_methods_supported: undefined, scopes_supported: undefined },
    answers: { '/authorize': { status: 200, body: '<title>Sign in</title>' }, '/token': { status: 503 } },
  });
  const found = await check(issuer);
  for (const name of ['pkce', 'scopes', 'redirect_address', 'client_secret', 'end_session', 'backchannel_logout'])
    expect(found[name]).toMatch(/^note: /);
  expect(found['backchannel_logout']).toContain('Set `maxSessionHours`');
  expect((await check(issuer, { maxSessionHours: 12 }))['backchannel_logout']).not.toContain('maxSessionHours');
});

it.each([
  [-90_000, 'ahead of'],
  [90_000, 'behind'],
])('says how far the clocks are apart (%i ms)', async (difference, way) => {
  const { issuer } = await startWrong({});
  const found = await check(issuer, {}, () => new Date(Date.now() + difference));
  expect(found['clock']).toMatch(new RegExp(`^wrong: The provider's clock is (8[7-9]|9[0-3]) s ${way} ours`));
  expect((await check(issuer, {}, () => new Date(Date.now() + difference / 4)))['clock']).toMatch(/^ok: /);
});

it('says that nothing listens at the issuer', async () => {
  const upstream = await startUpstream([CALLBACK]);
  await upstream.close();
  expect((await check(upstream.issuer))['discovery']).toMatch(/^wrong: .*cannot be reached .*: nothing listens there/);
});

it('checks a provider from the command line, without a database, and fails if something must be changed', async () => {
  const upstream = await startUpstream(['http://localhost:3000/auth/upstream/authentik/callback']);
  const folder = checkout();
  const file = join(folder, 'providers.json');
  writeFileSync(file, JSON.stringify([upstream.entry]));
  const settings = { UPSTREAM_PROVIDERS: file, UPSTREAM_SECRET, PUBLIC_URL: 'http://localhost:3000' };
  const cli = (given: Record<string, string>, ...args: string[]) =>
    command(folder, ['cli', 'upstream', ...args], given);
  const good = await cli(settings, 'check', 'authentik', '--json');
  expect([good.code, JSON.parse(good.stdout)]).toMatchObject([0, { provider: 'authentik', usable: true }]);
  const bad = await cli({ ...settings, UPSTREAM_SECRET: 'mistyped' }, 'check', 'authentik');
  expect(bad.code).toBe(1);
  expect(bad.stdout).toMatch(/^✓ The provider answers at /);
  expect(bad.stdout).toMatch(/^✗ The provider refuses our clientId or its secret/m);
  expect(bad.output).not.toMatch(/mistyped|Database:/);
  const unknown = await cli(settings, 'check', 'nobody');
  expect([unknown.code, unknown.stderr]).toEqual([
    1,
    expect.stringContaining('No provider nobody. There are: authentik.'),
  ]);
  expect((await cli(settings, 'check')).code).toBe(2);
}, 120_000);
