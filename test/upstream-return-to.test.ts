// U8: a sign-in at a provider leads to our own origin or to a listed one, in whatever spelling elsewhere is written.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Service, startService } from './support/service.js';
import { openUpstream, type Upstream } from './support/upstream-provider.js';
import { callbackOf, UpstreamBrowser, withProviders } from './support/upstream-way.js';

let service: Service;
let upstream: Upstream;
beforeAll(async () => {
  upstream = await openUpstream([callbackOf('authentik')]);
  const settings = { ALLOWED_ORIGINS: 'https://app.example.com,capacitor://localhost' };
  service = await withProviders([upstream.entry], (known) => startService({ ...known, ...settings }));
});
afterAll(async () => {
  await service.stop();
  await upstream.close();
});

/** @returns where the browser would be sent */
async function kept(wish: string): Promise<string | null> {
  const state = (await new UpstreamBrowser(service.url).begin(`?return_to=${encodeURIComponent(wish)}`)).searchParams;
  const [row] = await service.query<{ return_to: string | null }>(
    "SELECT return_to FROM upstream_requests WHERE hash = sha256(convert_to($1, 'UTF8'))",
    [state.get('state')],
  );
  if (!row) throw new Error('no row');
  return row.return_to;
}

const elsewhere = [
  'https://evil.example',
  '//evil.example',
  '///evil.example',
  '////evil.example/..',
  '/\\evil.example',
  '\\\\evil.example',
  '/\\/evil.example',
  '\\/evil.example',
  'https:evil.example',
  'https:/evil.example',
  'https:\\\\evil.example',
  'HTTPS://EVIL.example',
  '\thttps://evil.example',
  ' https://evil.example',
  'ht\ntps://evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '\u0000//evil.example',
  '\u0001https://evil.example',
  'http://auth.test@evil.example',
  'http://auth.test:80@evil.example',
  'http://auth.test%40evil.example',
  'http://user@auth.test/',
  'http://user:password@auth.test/',
  'http://auth.test.evil.example',
  'http://auth.testevil.example',
  'http://evil-auth.test',
  'http://evil.example/auth.test',
  'http://evil.example#auth.test',
  'http://evil.example?auth.test',
  'http://evil.example\\@auth.test',
  'http://auth.test:8080/',
  'http://auth.test:443/',
  'https://auth.test/',
  'http://xn--auth-test.example',
  'http://auth。test.evil.example',
  'http://ａｕｔｈ.test.example',
  'http://[::1]/',
  'http://2130706433/',
  'https://app.example.com:8443/',
  'http://app.example.com/',
  'https://app.example.com.evil.example/',
  'https://app.example.com@evil.example/',
  'https://sub.app.example.com/',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)//http://auth.test',
  'java\nscript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:msgbox(1)',
  'blob:http://auth.test/x',
  'filesystem:http://auth.test/x',
  'file:///etc/passwd',
  'ftp://auth.test/',
  'ws://auth.test/',
  'capacitor://localhost/',
  'com.example.app:/signed-in',
  'http://',
  'http:///',
  'http://%61uth.test.evil.example',
  `http://auth.test/${'x'.repeat(2_000)}`,
];

it('is tried with more than fifty spellings', () => {
  expect(new Set(elsewhere).size).toBeGreaterThan(50);
});

it.each(elsewhere)('%j is ignored', async (wish) => {
  expect(await kept(wish)).toBeNull();
});

it.each([
  ['/account/devices?x=1#y', 'http://auth.test/account/devices?x=1#y'],
  ['account', 'http://auth.test/account'],
  ['HTTP://AUTH.TEST/a', 'http://auth.test/a'],
  ['https://app.example.com/deep?link=1', 'https://app.example.com/deep?link=1'],
  ['https://app.example.com:443', 'https://app.example.com/'],
  // Nothing but a path of ours is left of it.
  ['/.//evil.example', 'http://auth.test//evil.example'],
])('%j is kept, in one spelling', async (wish, spelling) => {
  expect(await kept(wish)).toBe(spelling);
});
