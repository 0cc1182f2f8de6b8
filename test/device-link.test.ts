// Whoever closes an account by guessing does not lock its owner out: a mailed link opens it to one device.
import { describe, expect, it, onTestFinished } from 'vitest';
import { tokenPurposes } from '../src/database/schema/vocabularies.js';
import { bearer, Browser, call, type Person, register, somebody } from './support/client.js';
import { type MailServer, startMailServer, tokenIn } from './support/mail-server.js';
import { mailed } from './support/one-time-tokens.js';
import type { Service } from './support/service.js';
import { startStill } from './support/still-time.js';
import { until } from './support/until.js';

const login = (service: Service, person: Pick<Person, 'email' | 'password'>, ip: string, extra: object = {}) =>
  call(service.url, 'POST', '/auth/login', {
    body: { email: person.email, password: person.password, transport: 'bearer', ...extra },
    headers: { 'x-forwarded-for': ip },
  });
const allow = (service: Service, body: object) => call(service.url, 'POST', '/auth/device', { body });

async function started(settings: Record<string, string> = {}): Promise<{ service: Service; mail: MailServer }> {
  const mail = await startMailServer();
  onTestFinished(() => mail.close());
  const limits = { GUESSES_MAX: '30', GUESS_DELAY_ACCOUNT_SECONDS: '4', TRUST_PROXY: '1' };
  return { service: await startStill({ ...mail.settings, ...limits, ...settings }), mail };
}

/** Wrong guesses from ever new networks, until the account is closed. */
async function close(service: Service, { email }: Pick<Person, 'email'>): Promise<void> {
  for (let n = 0; n < 30; n++) {
    await login(service, { email, password: 'wrong' }, `198.51.${n}.1`);
    await service.advance(5);
  }
}

const settled = (service: Service) =>
  until('nothing waits', async () => (await service.query('SELECT 1 FROM mail_outbox')).length === 0);

describe('the link for a device', () => {
  it('is mailed once a day to the owner of a closed account, who then signs in with the password', async () => {
    const { service, mail } = await started();
    const person = await register(service.url);
    await close(service, person);
    expect(mail.mails().filter(({ kind }) => kind === 'device')).toEqual([]); // until then there was no need
    expect((await login(service, person, '203.0.113.5')).status).toBe(429);
    const token = tokenIn(await mail.mailTo(person.email, 'device'));
    for (let n = 0; n < 3; n++) expect((await login(service, person, '203.0.113.5')).status).toBe(429);
    await settled(service);
    expect(mail.mails().filter(({ kind }) => kind === 'device')).toHaveLength(1);

    const { status, json, cookies } = await allow(service, { token, transport: 'bearer' });
    expect([status, Object.keys(json), cookies]).toEqual([200, ['deviceToken'], []]);
    expect((await login(service, person, '203.0.113.5')).status).toBe(429); // elsewhere it stays closed
    const signedIn = await login(service, person, '203.0.113.5', { deviceToken: json['deviceToken'] });
    expect(signedIn.status).toBe(200);
    expect((await allow(service, { token, transport: 'bearer' })).json['code']).toBe('token_invalid');
  });

  it('makes a browser known by a cookie, which opens no session and no route', async () => {
    const { service, mail } = await started();
    const person = await register(service.url);
    await close(service, person);
    await login(service, person, '203.0.113.5');
    const browser = new Browser(service.url);
    const answer = await browser.go('POST', '/auth/device', {
      body: { token: tokenIn(await mail.mailTo(person.email, 'device')) },
    });
    expect([answer.status, answer.json, answer.cookies.map((line) => line.split('=')[0])]).toEqual([
      200,
      {},
      ['device'],
    ]);
    expect((await browser.go('GET', '/auth/me')).status).toBe(401);
    const wrong = await browser.go('POST', '/auth/login', { body: { ...person, password: 'wrong' } });
    expect(wrong.json['code']).toBe('invalid_credentials');
    expect((await browser.go('POST', '/auth/login', { body: person })).status).toBe(200);
  });

  it('goes to nobody else: an unknown address costs the same row, and no mail', async () => {
    const { service, mail } = await started();
    const nobody = somebody();
    await close(service, nobody);
    expect((await login(service, nobody, '203.0.113.5')).status).toBe(429);
    await settled(service);
    expect(mail.mails()).toEqual([]);
  });

  it('leaves the mails alone that the owner may ask for', async () => {
    const { service, mail } = await started({ MAILS_PER_HOUR: '1' });
    const person = await register(service.url);
    await close(service, person);
    await login(service, person, '203.0.113.5');
    await mail.mailTo(person.email, 'device');
    await call(service.url, 'POST', '/auth/password/forgot', { body: { email: person.email } });
    expect(tokenIn(await mail.mailTo(person.email, 'reset'))).toMatch(/^wot_/);
  });

  it('is worth nothing after a logout of all sessions, as another purpose, or to a page of another origin', async () => {
    const { service } = await started();
    const person = await register(service.url);
    const { json } = await login(service, person, '203.0.113.5');
    const userId = json['user'].id as string;
    const { token } = await mailed(service, userId, 'device');
    const foreign = await call(service.url, 'POST', '/auth/device', {
      body: { token },
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    });
    expect(foreign.json['code']).toBe('csrf_rejected');
    for (const purpose of tokenPurposes.filter((each) => each !== 'device')) {
      const other = await mailed(service, userId, purpose);
      expect([purpose, (await allow(service, { token: other.token })).json['code']]).toEqual([
        purpose,
        'token_invalid',
      ]);
    }
    await call(service.url, 'POST', '/auth/logout-all', { headers: bearer(json['accessToken']) });
    expect((await allow(service, { token })).json['code']).toBe('token_invalid');
  });
});
