// What happens to an account reaches its owner by mail: in the transaction of the act, and only if something changed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, Browser, call, mobile, somebody } from './support/client.js';
import { type MailServer, startMailServer } from './support/mail-server.js';
import { checkout, command } from './support/process.js';
import { type Service, startService, startServiceForTest } from './support/service.js';
import { databaseSettings, testSettings } from './support/settings.js';
import { until } from './support/until.js';

let server: MailServer;
let service: Service;
beforeAll(async () => {
  server = await startMailServer();
  service = await startService({ ...server.settings, TRUST_PROXY: '1' });
});
afterAll(async () => {
  await service.stop();
  await server.close();
});

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const kindsTo = (email: string) =>
  server.mails().flatMap(({ recipients, kind }) => (recipients.includes(email) ? [kind] : []));
/** Until everything that was written has been sent: what has not come by then was not written. */
const untilSent = () =>
  until('the outbox is empty', async () => (await service.query('SELECT 1 FROM mail_outbox')).length === 0);
const login = (person: object, headers: Record<string, string> = {}) =>
  call(service.url, 'POST', '/auth/login', { body: { ...person, transport: 'bearer' }, headers });

describe('a sign-in on a device that is not known', () => {
  it('is told to the owner, with the time, the address and the names of browser and system', async () => {
    const { person } = await mobile(service.url);
    const headers = { 'user-agent': FIREFOX, 'x-forwarded-for': '203.0.113.7' };
    expect((await login(person, headers)).status).toBe(200);
    const mail = await server.mailTo(person.email, 'new_device');
    expect(mail.text).toMatch(/Firefox on Linux, address 203\.0\.113\.7, \d+ \w+ \d{4} at \d\d:\d\d UTC\./);
  });

  it('is not told at the first sign-in of a new account, and is at the first one of an old account', async () => {
    const [fresh, old] = [await mobile(service.url), somebody()];
    expect((await call(service.url, 'POST', '/auth/register', { body: old })).status).toBe(201);
    await service.query(`UPDATE users SET created_at = created_at - interval '8 days' WHERE email = $1`, [old.email]);
    await login(old);
    await server.mailTo(old.email, 'new_device');
    await untilSent();
    expect(kindsTo(fresh.person.email)).toEqual([]);
  });

  it('is not told on a known device: by its cookie, or by the token of an app', async () => {
    const phone = await mobile(service.url);
    const { deviceToken } = phone as unknown as { deviceToken: string };
    expect((await login({ ...phone.person, deviceToken })).status).toBe(200);
    const browser = await Browser.signedIn(service.url, phone.person);
    await server.mailTo(phone.person.email, 'new_device');
    await browser.go('POST', '/auth/logout');
    expect((await browser.go('POST', '/auth/login', { body: phone.person })).status).toBe(200);
    await untilSent();
    expect(kindsTo(phone.person.email)).toEqual(['new_device']);
  });

  it("is told on another person's device, and on one from before all sessions were ended", async () => {
    const [phone, other] = [await mobile(service.url), await mobile(service.url)];
    const { deviceToken } = phone as unknown as { deviceToken: string };
    await login({ ...other.person, deviceToken });
    await server.mailTo(other.person.email, 'new_device');
    await call(service.url, 'POST', '/auth/logout-all', { headers: bearer(phone.accessToken) });
    await login({ ...phone.person, deviceToken });
    await server.mailTo(phone.person.email, 'new_device');
  });

  it('never quotes the header that the one who signed in chose', async () => {
    const { person } = await mobile(service.url);
    await login(person, { 'user-agent': 'Call +1 555 0100 https://evil.example' });
    const mail = await server.mailTo(person.email, 'new_device');
    expect(mail.raw).not.toMatch(/555|evil/);
    expect(mail.text).toContain('unknown device');
  });

  it('is not told if the password was wrong', async () => {
    const { person } = await mobile(service.url);
    expect((await login({ ...person, password: 'wrong' })).status).toBe(401);
    await untilSent();
    expect(kindsTo(person.email)).toEqual([]);
  });
});

describe('a new password', () => {
  it('is told once, in the language of the browser, and the session that goes on is no new device', async () => {
    const { person } = await mobile(service.url);
    const { email, password } = person;
    const browser = await Browser.signedIn(service.url, person);
    await server.mailTo(email, 'new_device');
    const body = { currentPassword: password, newPassword: 'quite another passphrase' };
    const headers = { 'accept-language': 'de-DE' };
    expect((await browser.go('POST', '/auth/password', { body, headers })).status).toBe(200);
    const mail = await server.mailTo(email, 'password_changed');
    expect(mail.subject).toBe('Ihr Passwort für Watchword wurde geändert');
    await untilSent();
    expect(kindsTo(email)).toEqual(['new_device', 'password_changed']);
  });

  it('that is refused is not told', async () => {
    const { person, accessToken } = await mobile(service.url);
    for (const body of [
      { currentPassword: 'wrong', newPassword: 'quite another passphrase' },
      { currentPassword: person.password, newPassword: 'short' },
    ])
      expect(
        (await call(service.url, 'POST', '/auth/password', { body, headers: bearer(accessToken) })).status,
      ).not.toBe(200);
    await untilSent();
    expect(kindsTo(person.email)).toEqual([]);
  });
});

describe('an act of the operator', () => {
  const { KEY_ENCRYPTION_KEY } = testSettings;
  const cli = (settings: Record<string, string>, ...args: string[]) =>
    command(checkout(), ['cli', ...args], { ...databaseSettings(service.databaseUrl), ...settings });

  it('is told: a role, and the end of all sessions; not if it changed nothing', async () => {
    const { person } = await mobile(service.url);
    const role = ['users', 'role', '--user', person.email, '--role', 'admin'];
    const end = ['sessions', 'end', '--user', person.email];
    for (const args of [end, end, [...end, '--dry-run'], role, role])
      expect(await cli({ KEY_ENCRYPTION_KEY }, ...args)).toMatchObject({ code: 0 });
    expect((await server.mailTo(person.email, 'role_changed')).text).toContain('It is now: admin.');
    await server.mailTo(person.email, 'sessions_ended');
    await untilSent();
    expect(kindsTo(person.email).toSorted()).toEqual(['role_changed', 'sessions_ended']);
  });

  it('is done without the key, too, with a warning that no mail tells of it', async () => {
    const { person } = await mobile(service.url);
    const ended = await cli({}, 'sessions', 'end', '--user', person.email);
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stderr).toContain('no mail tells the user');
    await untilSent();
    expect(kindsTo(person.email)).toEqual([]);
  });
});

it('buries no mailbox: 20 a day go to one address, whoever signs in there, and asking for mails uses none of them up', async () => {
  const own = await startServiceForTest({ ...server.settings, TRUST_PROXY: '1', MAILS_PER_HOUR: '5' });
  const { person } = await mobile(own.url);
  const { email } = person;
  for (let n = 0; n < 8; n++) {
    await call(own.url, 'POST', '/auth/password/forgot', { body: { email } });
    await own.query(`UPDATE rate_limits SET expire = 1 WHERE key LIKE 'mail:pause:%'`);
  }
  const body = { ...person, transport: 'bearer' };
  for (let n = 0; n < 25; n++) {
    const headers = { 'x-forwarded-for': `198.51.100.${n}` };
    expect((await call(own.url, 'POST', '/auth/login', { body, headers })).status).toBe(200);
  }
  await until('the outbox is empty', async () => (await own.query('SELECT 1 FROM mail_outbox')).length === 0);
  const kinds = kindsTo(email);
  expect(kinds.filter((kind) => kind === 'new_device')).toHaveLength(19); // the first sign-in charged one, and told nobody
  expect(kinds).toContain('reset');
});

it('a notice that cannot be written undoes the act: no change of a password goes untold', async () => {
  const own = await startServiceForTest(server.settings);
  const { person, accessToken } = await mobile(own.url);
  await own.query('ALTER TABLE mail_outbox RENAME TO mail_outbox_away');
  const body = { currentPassword: person.password, newPassword: 'quite another passphrase' };
  const refused = await call(own.url, 'POST', '/auth/password', { body, headers: bearer(accessToken) });
  expect(refused.status).toBe(500);
  await own.query('ALTER TABLE mail_outbox_away RENAME TO mail_outbox');
  expect((await call(own.url, 'POST', '/auth/login', { body: { ...person, transport: 'bearer' } })).status).toBe(200);
});
