// Attacks on second factors that are told apart from honest use by order and time: at once, in the wrong order, too late.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, call } from './support/client.js';
import { codeOf, enrolled, type Enrolled, factor, seedIn, signedInWith, stepNow, ticketOf } from './support/factors.js';
import { mailed } from './support/one-time-tokens.js';
import { type Service, startService } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ MAGIC_LINKS: 'on' });
});
afterAll(() => service.stop());

const post = (path: string, body: object, headers = {}) => call(service.url, 'POST', path, { body, headers });
const codesLeft = async (userId: string) =>
  (await service.query('SELECT 1 FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL', [userId])).length;

it('a proof for a session that has ended meanwhile uses no recovery code up', async () => {
  const someone = await enrolled(service);
  const { person, userId, recoveryCodes } = someone;
  const phone = await signedInWith(service, someone);
  const headers = bearer(phone.accessToken);
  const asked = await call(service.url, 'POST', '/auth/reauthenticate', {
    body: { password: person.password },
    headers,
  });
  expect(asked.json['code']).toBe('second_factor_required');
  expect((await call(service.url, 'POST', '/auth/logout', { headers })).status).toBe(204);
  const answer = await factor(service, { ticket: asked.json['ticket'], recoveryCode: recoveryCodes[0] });
  expect(answer.json['code']).toBe('factor_ticket_invalid');
  expect(await codesLeft(userId)).toBe(10);
});

describe('after a reset by an operator', () => {
  async function resetOf({ userId }: Enrolled): Promise<string> {
    await service.query('UPDATE users SET email_verified_at = now(), factors_reset_at = now() WHERE id = $1', [userId]);
    for (const table of ['totp_authenticators', 'recovery_codes'])
      await service.query(`DELETE FROM ${table} WHERE user_id = $1`, [userId]);
    return (await mailed(service, userId, 'enrol')).token;
  }
  async function byMagicLink(userId: string) {
    const { token } = await mailed(service, userId, 'magic');
    return (await post('/auth/magic', { token, transport: 'bearer' })).json;
  }
  async function enrol(body: object, token: string, headers = {}) {
    const { json } = await post('/auth/factors/totp', body, headers);
    const code = codeOf(seedIn(json['uri'] as string), await stepNow(service));
    return post(`/auth/factors/totp/${json['id']}/confirm`, { ...body, code, token }, headers);
  }

  it('the mailbox alone enrols no factor, though it holds a magic link, too: the password is asked for', async () => {
    const ada = await enrolled(service);
    const token = await resetOf(ada);
    const { accessToken } = await byMagicLink(ada.userId);
    const headers = bearer(accessToken as string);
    const refused = await enrol({}, token, headers);
    expect(refused.json).toMatchObject({ status: 403, code: 'reauthentication_required', session: 'keep' });
    const { password } = ada.person;
    const { json } = await post('/auth/reauthenticate', { password }, headers);
    const answer = await enrol({}, token, bearer(json['accessToken'] as string));
    expect(answer.json['recoveryCodes']).toHaveLength(10);
  });

  it('nor does it as the last step of a sign-in of an administrator', async () => {
    const ada = await enrolled(service);
    await service.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [ada.userId]);
    const token = await resetOf(ada);
    const { ticket } = await byMagicLink(ada.userId);
    expect((await enrol({ ticket }, token)).json).toMatchObject({ status: 401, code: 'factor_ticket_invalid' });
    const login = await post('/auth/login', { ...ada.person, transport: 'bearer' });
    const answer = await enrol({ ticket: login.json['ticket'] }, token);
    expect(answer.json).toMatchObject({ tokenType: 'Bearer', user: { role: 'admin' } });
  });
});

it('codes that wrong ones have closed are open again once the owner has enrolled a factor', async () => {
  const ada = await enrolled(service);
  const phone = await signedInWith(service, ada);
  await service.query(`UPDATE guess_budgets SET failures = 100 WHERE kind = 'otp'`);
  const ticket = await ticketOf(service, ada.person);
  await factor(service, { ticket, totp: await ada.wrongCode() });
  await service.query(`UPDATE guess_budgets SET failures = 100 WHERE kind = 'otp'`);
  await service.advance(3_600);
  const closed = { ticket: await ticketOf(service, ada.person), totp: await ada.code() };
  expect((await factor(service, closed)).json['code']).toBe('totp_closed');
  await service.query('UPDATE refresh_tokens SET authenticated_at = protocol_now() WHERE id = $1', [phone.session.id]);
  const { json } = await post('/auth/refresh', { refreshToken: phone.refreshToken });
  const headers = bearer(json['accessToken'] as string);
  const begun = await post('/auth/factors/totp', {}, headers);
  const code = codeOf(seedIn(begun.json['uri'] as string), await stepNow(service));
  expect((await post(`/auth/factors/totp/${begun.json['id']}/confirm`, { code }, headers)).status).toBe(200);
  await service.advance(30);
  const next = { ticket: await ticketOf(service, ada.person), totp: await ada.code() };
  expect((await factor(service, next)).status).toBe(200);
});
