// `maxSessionHours`: a session that began at a provider ends after these hours, however much it is used. Back-channel logouts
// do not always come (docs/upstream/authentik.md); this end does.
import { expect, it } from 'vitest';
import { decode } from './support/client.js';
import { codeOf, enrolled, factorOf, seedIn, stepNow } from './support/factors.js';
import type { Service } from './support/service.js';
import { stopTime } from './support/still-time.js';
import { linkedUser, startWithUpstream, UpstreamBrowser } from './support/upstream-way.js';

const HOURS = 3;

async function start() {
  const { service, upstream } = await startWithUpstream({ entry: { maxSessionHours: HOURS } });
  upstream.people.set('ada', { email: 'ada@example.com' });
  const person = await linkedUser(service, upstream.issuer, 'ada');
  await stopTime(service);
  return { service, person, browser: new UpstreamBrowser(service.url) };
}

const now = async (service: Service) => {
  const [row] = await service.query<{ now: Date }>('SELECT protocol_now() AS now');
  return row?.now.getTime() ?? 0;
};

/** Uses the session up to its end, every twenty minutes. */
async function useUp(service: Service, browser: UpstreamBrowser, end: number): Promise<void> {
  const iso = new Date(end).toISOString();
  for (let minutes = 0; minutes < HOURS * 60 - 20; minutes += 20) {
    await service.advance(20 * 60);
    const refreshed = await browser.go('POST', '/auth/refresh');
    expect([refreshed.status, refreshed.json['session'].expiresAt]).toEqual([200, iso]);
    const token = decode(browser.cookie('access_token')?.value ?? '');
    expect(token['exp'] * 1_000).toBeLessThanOrEqual(end);
    const { json } = await browser.go('GET', '/auth/sessions');
    expect(json['sessions'].map(({ expiresAt }: { expiresAt: string }) => expiresAt)).toEqual([iso]);
  }
  await service.advance(20 * 60);
  expect((await browser.go('GET', '/auth/me')).status).toBe(401);
  const late = await browser.go('POST', '/auth/refresh');
  expect([late.status, late.json['session']]).toEqual([401, 'ended']);
}

it.each(['', '?remember=true'])(
  'ends a session after its hours, however much it is used (start with "%s")',
  async (query) => {
    const { service, browser } = await start();
    const end = (await now(service)) + HOURS * 3_600_000;
    expect((await browser.signIn('ada', query)).headers['location']).toBe('http://auth.test/account');
    await useUp(service, browser, end);
  },
);

it('counts from the start of the session where a second factor came between', async () => {
  const { service, person, browser } = await start();
  const { code } = await enrolled(service, person);
  expect((await browser.signIn('ada', '?remember=true')).headers['location']).toContain('/account/factor');
  await service.advance(120);
  const end = (await now(service)) + HOURS * 3_600_000;
  expect((await factorOf(browser, { totp: await code() })).status).toBe(200);
  await useUp(service, browser, end);
});

it('counts from the start of the session where a factor had to be set up in between', async () => {
  const { service, person, browser } = await start();
  await service.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [person.userId]);
  expect((await browser.signIn('ada')).headers['location']).toContain('/account/enrol');
  const begun = await browser.go('POST', '/auth/factors/totp', { body: {} });
  expect(begun.status).toBe(201);
  await service.advance(60);
  const end = (await now(service)) + HOURS * 3_600_000;
  const totp = codeOf(seedIn(begun.json['uri']), await stepNow(service));
  const confirmed = await browser.go('POST', `/auth/factors/totp/${begun.json['id']}/confirm`, {
    body: { code: totp },
  });
  expect([confirmed.status, confirmed.json]).toMatchObject([200, {}]);
  await useUp(service, browser, end);
});

it('caps nothing where it is not set', async () => {
  const { service, upstream } = await startWithUpstream();
  upstream.people.set('ada', { email: 'ada@example.com' });
  await linkedUser(service, upstream.issuer, 'ada');
  await new UpstreamBrowser(service.url).signIn('ada');
  const [row] = await service.query<{ days: number }>(
    'SELECT extract(day FROM absolute_expires_at - created_at)::int AS days FROM refresh_tokens',
  );
  expect(row?.days).toBe(365);
});
