// A device that somebody has signed in on has a lane of its own: no attack on the account keeps its owner out.
import { describe, expect, it } from 'vitest';
import { Browser, call, mobile, register } from './support/client.js';
import type { Service } from './support/service.js';
import { startStill } from './support/still-time.js';

const behindProxy = { TRUST_PROXY: '1' };
const ip = { 'x-forwarded-for': '198.51.100.1' };

interface Given {
  readonly email: string;
  readonly password?: string;
  readonly deviceToken?: string;
}
const guess = (service: Service, { password = 'wrong', ...given }: Given, headers: Record<string, string> = ip) =>
  call(service.url, 'POST', '/auth/login', { body: { password, ...given, transport: 'bearer' }, headers });

/** From the device's own network and from many others, until all unknown devices have to wait. */
async function attack(service: Service, email: string) {
  for (let n = 0; n < 30; n++) await guess(service, { email }, { 'x-forwarded-for': `198.51.${n}.1` });
  for (let n = 0; n < 8; n++) await guess(service, { email });
}

const flipped = (text: string, at: number) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);

describe('a known device', () => {
  it('signs in at the first try while an attack on the account runs: by its cookie', async () => {
    const service = await startStill(behindProxy);
    const person = await register(service.url);
    const browser = await Browser.signedIn(service.url, person);
    expect(browser.jar.get('device')).toMatchObject({ path: '/auth', maxAge: 180 * 86_400 });
    await browser.go('POST', '/auth/logout');
    await attack(service, person.email);
    expect((await guess(service, person)).status).toBe(429);
    expect((await browser.go('POST', '/auth/login', { body: person, headers: ip })).status).toBe(200);
    expect((await guess(service, person)).status).toBe(429); // it cleared no lane but its own
  });

  it('or by the token that an app keeps', async () => {
    const service = await startStill(behindProxy);
    const phone = await mobile(service.url);
    const { deviceToken } = phone as unknown as { deviceToken: string };
    expect(deviceToken).toMatch(/^[\w-]{75}$/);
    await attack(service, phone.person.email);
    const again = await guess(service, { ...phone.person, deviceToken });
    expect([again.status, again.cookies]).toEqual([200, []]);
    expect(again.json['deviceToken']).toMatch(/^[\w-]{75}$/);
  });

  it('has a budget of its own, and counts as unknown once that is spent', async () => {
    const service = await startStill({ ...behindProxy, GUESSES_MAX: '12', GUESSES_FREE_DEVICE: '11' });
    const phone = await mobile(service.url);
    const { deviceToken } = phone as unknown as { deviceToken: string };
    const given = { email: phone.person.email, deviceToken };
    for (let n = 0; n < 12; n++) {
      expect((await guess(service, given)).status).toBe(401);
      await service.advance(3);
    }
    for (let n = 0; n < 6; n++) expect((await guess(service, given)).status).toBe(401); // by the network's lane
    expect((await guess(service, { ...given, password: phone.person.password })).status).toBe(429);
    await service.advance(3);
    const right = await guess(service, { ...given, password: phone.person.password });
    expect(right.status).toBe(200);
    const renewed = right.json['deviceToken'] as string;
    expect(Buffer.from(renewed, 'base64url').subarray(16, 32)).not.toEqual(
      Buffer.from(deviceToken, 'base64url').subarray(16, 32),
    );
  });

  it('of another user, of an old epoch, too old, edited or made up opens no lane', async () => {
    const service = await startStill({ ...behindProxy, DEVICE_DAYS: '10' });
    const [phone, other, moved, old] = [
      await mobile(service.url),
      await mobile(service.url),
      await mobile(service.url),
      await mobile(service.url),
    ];
    const tokenOf = (who: object) => (who as { deviceToken: string }).deviceToken;
    await call(service.url, 'POST', '/auth/logout-all', { headers: { authorization: `Bearer ${moved.accessToken}` } });
    for (const { person } of [phone, moved]) await attack(service, person.email);
    const edited = [0, 30, 50, 60].map((at) => flipped(tokenOf(phone), at));
    const foreign = [tokenOf(other), ...edited, 'A'.repeat(75), '', 'x', tokenOf(phone).slice(1)];
    for (const deviceToken of foreign)
      expect((await guess(service, { ...phone.person, deviceToken })).status).toBe(429);
    expect((await guess(service, { ...moved.person, deviceToken: tokenOf(moved) })).status).toBe(429);
    expect((await guess(service, { ...phone.person, deviceToken: tokenOf(phone) })).status).toBe(200);

    await service.advance(11 * 86_400);
    await attack(service, old.person.email);
    expect((await guess(service, { ...old.person, deviceToken: tokenOf(old) })).status).toBe(429);
  });

  it('of five users who share a browser each is known; planting another cookie takes nothing away', async () => {
    const service = await startStill(behindProxy);
    const people = [];
    const browser = new Browser(service.url);
    for (let n = 0; n < 5; n++) people.push(await register(service.url));
    for (const person of people) expect((await browser.go('POST', '/auth/login', { body: person })).status).toBe(200);
    const first = people[0];
    if (!first) throw new Error('nobody');
    await attack(service, first.email);
    const cookie = `device=planted; ${browser.cookiesFor('/auth/login')}`;
    const headers = { ...ip, cookie, origin: 'http://auth.test' };
    expect((await call(service.url, 'POST', '/auth/login', { body: first, headers })).status).toBe(200);
  });

  it('proves nothing: without the password it opens no session', async () => {
    const service = await startStill(behindProxy);
    const phone = await mobile(service.url);
    const { deviceToken } = phone as unknown as { deviceToken: string };
    expect((await guess(service, { email: phone.person.email, deviceToken })).json['code']).toBe('invalid_credentials');
  });
});
