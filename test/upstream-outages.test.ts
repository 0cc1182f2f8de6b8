// U6: a provider that is down, slow or broken, or changes its keys meanwhile: 503 or success, and never a half-made account.
import type { ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Answer, register } from './support/client.js';
import { type Liar, type Lie, openLiar, SUBJECT } from './support/lying-provider.js';
import { type Service, startServiceForTest } from './support/service.js';
import { stopClock } from './support/still-time.js';
import { linkUser, UpstreamBrowser, withProviders } from './support/upstream-way.js';

async function startWithLiars(
  count: number,
  settings: Record<string, string> = {},
): Promise<{ service: Service; liars: Liar[] }> {
  const liars = await Promise.all(Array.from({ length: count }, (_, at) => openLiar(`liar${at}`)));
  for (const liar of liars) onTestFinished(() => liar.close());
  const entries = liars.map(({ entry }) => entry);
  const service = await withProviders(entries, (known) => startServiceForTest({ ...known, ...settings }));
  for (const { issuer } of liars) {
    const { email } = await register(service.url);
    await linkUser(service, email, { issuer, subject: SUBJECT });
  }
  return { service, liars };
}

const errorOf = ({ headers }: Answer) => new URL(String(headers['location'])).searchParams.get('error');
const browserOf = (service: Service, at = 0) => new UpstreamBrowser(service.url, `liar${at}`);
const start = (browser: UpstreamBrowser) => browser.navigate(`/auth/upstream/${browser.id}`, 'none');
const made = (service: Service) =>
  service.query(
    `SELECT (SELECT count(*)::int FROM users) AS users, (SELECT count(*)::int FROM refresh_tokens) AS sessions,
            (SELECT count(*)::int FROM upstream_sign_ins) AS "signIns"`,
  );

const at = (wanted: string, answer: (response: ServerResponse) => unknown): Lie => ({
  answers: (path, response) => {
    if (path !== wanted) return false;
    answer(response);
    return true;
  },
});
const broken = (path: string, status = 500) => at(path, (response) => response.writeHead(status).end('<h1>Oops</h1>'));
const gone = (path: string) => at(path, (response) => response.socket?.destroy());
const cut = (path: string) =>
  at(path, (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 });
    response.write('{', () => response.destroy());
  });
const stuck = (path: string) =>
  at(path, (response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{'));
const silent = (path: string) => at(path, () => undefined);

describe('U6', () => {
  it.each([
    ['breaks', broken],
    ['is overloaded', (path: string) => broken(path, 503)],
    ['counts us out', (path: string) => broken(path, 429)],
    ['is gone', gone],
    ['breaks off', cut],
  ])('a provider that %s, at any of its addresses, is unavailable, and later not', async (_, fault) => {
    const { service, liars } = await startWithLiars(1);
    const [liar] = liars as [Liar];
    liar.lie = fault('openid-configuration');
    expect(errorOf(await start(browserOf(service)))).toBe('upstream_unavailable');
    await service.advance(2);
    const before = await made(service);
    for (const path of ['token', 'jwks', 'userinfo']) {
      liar.lie = {};
      const browser = browserOf(service);
      const callback = await browser.atProvider(await browser.begin(), '');
      liar.lie = fault(path);
      expect.soft(errorOf(await browser.navigate(callback)), path).toBe('upstream_unavailable');
      expect.soft(await made(service), path).toEqual(before);
    }
    liar.lie = {};
    expect((await browserOf(service).signIn('')).headers['location']).toBe('http://auth.test/account');
  });

  it('a provider that does not answer is given up after five seconds', async () => {
    const { service, liars } = await startWithLiars(4);
    const before = await made(service);
    const answers = await Promise.all(
      ['openid-configuration', 'token', 'userinfo', 'jwks'].map(async (path, place) => {
        const [browser, liar] = [browserOf(service, place), liars[place] as Liar];
        const callback = path.startsWith('openid') ? undefined : await browser.atProvider(await browser.begin(), '');
        liar.lie = (path === 'jwks' ? stuck : silent)(path);
        return callback === undefined ? start(browser) : browser.navigate(callback);
      }),
    );
    expect(answers.map(errorOf)).toEqual(Array(4).fill('upstream_unavailable'));
    expect(await made(service)).toEqual(before);
  }, 30_000);

  it('keeps nothing else from working: the service starts, and others sign in', async () => {
    const { service, liars } = await startWithLiars(2);
    await liars[0]?.close();
    expect(errorOf(await start(browserOf(service)))).toBe('upstream_unavailable');
    expect((await browserOf(service, 1).signIn('')).headers['location']).toBe('http://auth.test/account');
    await register(service.url);
  });

  it('is not asked again at once: a moment passes, longer each time', async () => {
    const { service, liars } = await startWithLiars(1);
    const [liar] = liars as [Liar];
    stopClock(service);
    liar.lie = broken('openid-configuration');
    const asked = () => liar.asked.get('openid-configuration') ?? 0;
    for (let time = 0; time < 5; time++) expect(errorOf(await start(browserOf(service)))).toBe('upstream_unavailable');
    expect(asked()).toBe(1);
    await service.advance(1.1);
    await start(browserOf(service));
    await start(browserOf(service));
    expect(asked()).toBe(2);
    await service.advance(1.1);
    await start(browserOf(service));
    expect(asked()).toBe(2);
    liar.lie = {};
    await service.advance(1.1);
    await browserOf(service).begin();
    expect(asked()).toBe(3);
  });

  it('is asked for its metadata once an hour, by twenty browsers at once too', async () => {
    const { service, liars } = await startWithLiars(1);
    const [liar] = liars as [Liar];
    stopClock(service);
    const asked = () => liar.asked.get('openid-configuration');
    await Promise.all(Array.from({ length: 20 }, () => browserOf(service).begin()));
    expect(asked()).toBe(1);
    await service.advance(3_601);
    await browserOf(service).begin();
    expect(asked()).toBe(2);
    // What was known of it stays good while it is down.
    liar.lie = broken('openid-configuration');
    await service.advance(3_601);
    await browserOf(service).begin();
    await browserOf(service).begin();
    expect(asked()).toBe(3);
  });

  it('may change its keys while people sign in: an unknown key is asked for, once', async () => {
    const { service, liars } = await startWithLiars(1);
    const [liar] = liars as [Liar];
    const asked = () => liar.asked.get('jwks');
    const signIn = async () => (await browserOf(service).signIn('')).headers['location'];
    expect([await signIn(), await signIn(), asked()]).toEqual([...Array(2).fill('http://auth.test/account'), 1]);
    const browser = browserOf(service);
    const callback = await browser.atProvider(await browser.begin(), '');
    await liar.rotate();
    expect((await browser.navigate(callback)).headers['location']).toBe('http://auth.test/account');
    expect([await signIn(), asked()]).toEqual(['http://auth.test/account', 2]);
    liar.lie = { header: (header) => ({ ...header, kid: 'a key that is nowhere' }) };
    expect(errorOf(await browserOf(service).signIn(''))).toBe('upstream_invalid');
    expect(asked()).toBe(3);
  });

  it('may not send us to another issuer, or to nowhere', async () => {
    const lies: [Lie, RegExp][] = [
      [{ metadata: (honest) => ({ ...honest, issuer: String(honest['issuer']).slice(0, -1) }) }, /issuer/],
      [
        { metadata: (honest) => ({ ...honest, issuer: `${String(honest['issuer'])}.`.replace('/.', '/./') }) },
        /byte for byte/,
      ],
      [{ metadata: (honest) => ({ ...honest, jwks_uri: undefined }) }, /no jwks_uri/],
      [{ metadata: () => ({}) }, /"issuer"/],
      [at('openid-configuration', (response) => response.writeHead(302, { location: '/' }).end()), /status 302/],
      [at('openid-configuration', (response) => response.writeHead(404).end()), /status 404/],
    ];
    const { service, liars } = await startWithLiars(lies.length);
    for (const [place, [lie, words]] of lies.entries()) {
      Object.assign(liars[place] as Liar, { lie });
      expect.soft(errorOf(await start(browserOf(service, place))), String(words)).toBe('upstream_invalid');
      const line = service.log.find(({ provider }) => provider === `liar${place}`);
      expect.soft(line?.['reason']).toMatch(words);
    }
  });
});
