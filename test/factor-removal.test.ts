// The owner of a factor renames and removes it, and the last one that a role needs stays.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, Browser, call, me, mobile, refresh, type Tokens } from './support/client.js';
import { enrolled, type Enrolled, factor, factorOf, signedInWith, ticketOf } from './support/factors.js';
import { type MailServer, startMailServer } from './support/mail-server.js';
import { holder, signInBy } from './support/passkeys.js';
import { startRedis } from './support/redis.js';
import { type Service, startService, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

let mail: MailServer;
let service: Service;
beforeAll(async () => {
  mail = await startMailServer();
  service = await startService(mail.settings);
});
afterAll(async () => {
  await service.stop();
  await mail.close();
});

const remove = ({ accessToken }: Pick<Tokens, 'accessToken'>, id: string) =>
  call(service.url, 'DELETE', `/auth/factors/${id}`, { headers: bearer(accessToken) });
const rename = ({ accessToken }: Pick<Tokens, 'accessToken'>, id: string, name: string) =>
  call(service.url, 'PATCH', `/auth/factors/${id}`, { body: { name }, headers: bearer(accessToken) });
const rowsOf = (table: string, { userId }: Enrolled) =>
  service.query(`SELECT * FROM ${table} WHERE user_id = $1`, [userId]);
const login = ({ person }: Pick<Enrolled, 'person'>) =>
  call(service.url, 'POST', '/auth/login', { body: { ...person, transport: 'bearer' } });
const makeAdmin = ({ userId }: Enrolled) => service.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [userId]);

describe('the removal of a factor', () => {
  it('ends the other sessions and tickets and known devices, and is told by mail and event (ASVS 6.3.7, 6.5.6, 7.4.3)', async () => {
    const ada = await enrolled(service);
    const second = await enrolled(service, ada.person);
    const other = await signedInWith(service, ada);
    const phone = await signedInWith(service, second);
    const { deviceToken } = phone as unknown as { deviceToken: string };
    const ticket = await ticketOf(service, ada.person);
    expect((await remove(phone, ada.authenticatorId)).status).toBe(204);
    expect((await me(service.url, other.accessToken)).json).toMatchObject({ code: 'token_revoked', session: 'ended' });
    expect((await refresh(service.url, other.refreshToken)).json['session']).toBe('ended');
    expect((await factor(service, { ticket, totp: await second.code() })).json['code']).toBe('factor_ticket_invalid');
    expect((await me(service.url, phone.accessToken)).status).toBe(200);
    expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
    const sent = await mail.mailTo(ada.person.email, 'factor_removed');
    expect(sent.text).toContain('an authenticator app');
    const events = await service.query(`SELECT type, details FROM audit_events WHERE user_id = $1`, [ada.userId]);
    expect(events).toContainEqual({ type: 'factor.removed', details: { kind: 'totp' } });
    expect(events).toContainEqual({ type: 'session.ended', details: { reason: 'factor_changed' } });
    // The device of before counts as unknown, so that its owner hears of the next sign-in on it.
    const told = () =>
      mail.mails().filter(({ kind, recipients }) => kind === 'new_device' && recipients.includes(ada.person.email))
        .length;
    const before = told();
    await service.advance(60);
    const again = await ticketOf(service, ada.person, { deviceToken });
    const answer = await factor(service, { ticket: again, deviceToken, totp: await second.code() });
    expect(answer.status).toBe(200);
    await until('the owner is told of the device', () => told() > before);
  });

  it('leaves the other factor and the recovery codes; with the last one the codes go, and the password is enough', async () => {
    const ada = await enrolled(service);
    const second = await enrolled(service, ada.person);
    const phone = await signedInWith(service, second);
    expect((await remove(phone, ada.authenticatorId)).status).toBe(204);
    expect(await rowsOf('recovery_codes', ada)).toHaveLength(10);
    expect((await login(ada)).json['code']).toBe('second_factor_required');
    expect((await remove(phone, second.authenticatorId)).status).toBe(204);
    expect(await rowsOf('recovery_codes', ada)).toEqual([]);
    expect((await login(ada)).status).toBe(200);
  });

  it('needs a recent proof with two factors, and so does a new name', async () => {
    const phone = await mobile(service.url);
    const ada = await enrolled(service, phone.person);
    const strong = await signedInWith(service, ada);
    for (const act of [remove(phone, ada.authenticatorId), rename(phone, ada.authenticatorId, 'x')])
      expect((await act).json).toMatchObject({ status: 403, code: 'reauthentication_required', session: 'keep' });
    await service.advance(901);
    const { json } = await refresh(service.url, strong.refreshToken);
    for (const act of [remove(json as Tokens, ada.authenticatorId), rename(json as Tokens, ada.authenticatorId, 'x')])
      expect((await act).json['code']).toBe('reauthentication_required');
    expect(await rowsOf('totp_authenticators', ada)).toMatchObject([{ name: null }]);
  });

  it("of another person's factor, of none and of a malformed id are one answer, and change nothing", async () => {
    const [ada, eve] = [await enrolled(service), await enrolled(service)];
    const phone = await signedInWith(service, eve);
    for (const id of [ada.authenticatorId, randomUUID(), 'x', '%00']) {
      expect([id, (await remove(phone, id)).json['code']]).toEqual([id, 'not_found']);
      expect([id, (await rename(phone, id, 'mine')).json['code']]).toEqual([id, 'not_found']);
    }
    expect(await rowsOf('totp_authenticators', ada)).toMatchObject([{ name: null }]);
    expect((await me(service.url, phone.accessToken)).status).toBe(200);
  });

  it('of the last one is refused to a role that needs one, and all stays as it was', async () => {
    const ada = await enrolled(service);
    await makeAdmin(ada);
    const [other, phone] = [await signedInWith(service, ada), await signedInWith(service, ada)];
    expect((await remove(phone, ada.authenticatorId)).json).toMatchObject({
      status: 409,
      code: 'last_factor',
      session: 'keep',
    });
    expect(await rowsOf('totp_authenticators', ada)).toHaveLength(1);
    expect(await rowsOf('recovery_codes', ada)).toHaveLength(10);
    expect((await me(service.url, other.accessToken)).status).toBe(200);
  });

  it('of both at once, by two requests, leaves one to a role that needs one', async () => {
    for (let round = 0; round < 5; round++) {
      const ada = await enrolled(service);
      const second = await enrolled(service, ada.person);
      await makeAdmin(ada);
      const phone = await signedInWith(service, ada);
      const answers = await Promise.all([remove(phone, ada.authenticatorId), remove(phone, second.authenticatorId)]);
      expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 409]);
      expect(await rowsOf('totp_authenticators', ada)).toHaveLength(1);
    }
  });

  it('of an app that was never confirmed ends nothing', async () => {
    const ada = await enrolled(service);
    const [other, phone] = [await signedInWith(service, ada), await signedInWith(service, ada)];
    const id = randomUUID();
    await service.query(`INSERT INTO totp_authenticators (user_id, id, secret_sealed) VALUES ($1, $2, '')`, [
      ada.userId,
      id,
    ]);
    expect((await remove(phone, id)).status).toBe(204);
    expect((await me(service.url, other.accessToken)).status).toBe(200);
    expect(await rowsOf('totp_authenticators', ada)).toHaveLength(1);
  });

  it('is done while Redis is away, and says that others may not know of it yet; the session goes on', async () => {
    const redis = await startRedis();
    const own = await startServiceForTest({ REDIS_URL: redis.url, REDIS_TIMEOUT_MS: '100' });
    const ada = await enrolled(own);
    const [, phone] = [await signedInWith(own, ada), await signedInWith(own, ada)];
    await redis.stop();
    const headers = bearer(phone.accessToken);
    const answer = await call(own.url, 'DELETE', `/auth/factors/${ada.authenticatorId}`, { headers });
    expect(answer.json).toMatchObject({ status: 503, code: 'revocation_unconfirmed', session: 'keep' });
    expect(await own.query('SELECT 1 FROM totp_authenticators WHERE user_id = $1', [ada.userId])).toEqual([]);
  });

  it('by a browser keeps its session, with its cookies', async () => {
    const ada = await enrolled(service);
    const browser = new Browser(service.url);
    await browser.go('POST', '/auth/login', { body: ada.person });
    await factorOf(browser, { totp: await ada.code() });
    expect((await browser.go('DELETE', `/auth/factors/${ada.authenticatorId}`)).status).toBe(204);
    expect((await browser.go('POST', '/auth/refresh')).status).toBe(200);
  });
});

describe('a passkey', () => {
  it('is renamed and removed as an app is, and is a factor among the last ones', async () => {
    const { person, userId, key } = await holder(service);
    const phone = (await signInBy(service, key)).json as Tokens;
    const [row] = await service.query<{ id: string }>('SELECT id FROM passkeys WHERE user_id = $1', [userId]);
    const id = row?.id ?? '';
    expect((await rename(phone, id, 'My key')).json).toEqual({ id, name: 'My key' });
    await service.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [userId]);
    const admin = (await signInBy(service, key)).json as Tokens;
    expect((await remove(admin, id)).json['code']).toBe('last_factor');
    const app = await enrolled(service, person);
    expect((await remove(admin, id)).status).toBe(204);
    expect((await mail.mailTo(person.email, 'factor_removed')).text).toContain('a passkey');
    expect((await me(service.url, phone.accessToken)).json['code']).toBe('token_revoked');
    expect((await signInBy(service, key)).json['code']).toBe('invalid_credentials');
    expect((await remove(admin, app.authenticatorId)).json['code']).toBe('last_factor');
  });
});

describe('a new name', () => {
  it('is given to a factor', async () => {
    const ada = await enrolled(service);
    const phone = await signedInWith(service, ada);
    const answer = await rename(phone, ada.authenticatorId, '  My phone ');
    expect([answer.status, answer.json]).toEqual([200, { id: ada.authenticatorId, name: 'My phone' }]);
    expect(await rowsOf('totp_authenticators', ada)).toMatchObject([{ name: 'My phone' }]);
  });

  it.each([
    ['nothing', ' '],
    ['too much', 'x'.repeat(65)],
    ['two lines', 'a\nb'],
    ['text that turns', 'a\u202eb'],
  ])('may not be %s', async (_, name) => {
    const ada = await enrolled(service);
    const phone = await signedInWith(service, ada);
    expect((await rename(phone, ada.authenticatorId, name)).json).toMatchObject({
      status: 400,
      code: 'invalid_request',
    });
  });
});
