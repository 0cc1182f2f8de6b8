// A person changes their address: nothing moves until the new one is confirmed, and the old one can lock the account.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccountStatus } from '../src/accounts/account-status.js';
import { AddressCorrection } from '../src/accounts/address-correction.js';
import { tokenPurposes } from '../src/database/schema/vocabularies.js';
import { type Answer, bearer, call, me, mobile, type Person, refresh, register, somebody } from './support/client.js';
import { expectDead } from './support/instances.js';
import { type MailServer, send, startMailServer, tokenIn } from './support/mail-server.js';
import { mailed } from './support/one-time-tokens.js';
import { type Service, startService, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

const newPassword = 'quite another passphrase';
const operator = { ip: null, userAgent: 'cli ops@console', requestId: '0199f0c2-8c1f-7c5e-9d7a-0c5a4f1f2b3d' };

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

type Phone = Awaited<ReturnType<typeof mobile>>;
const newAddress = () => somebody().email;
const ask = ({ accessToken, person }: Phone, newEmail: string, body: object = {}, { url } = service) =>
  call(url, 'POST', '/auth/email', {
    body: { newEmail, currentPassword: person.password, ...body },
    headers: bearer(accessToken),
  });
const verify = (token: string, { url } = service) => call(url, 'POST', '/auth/email/verify', { body: { token } });
const freeze = (token: string, { url } = service) => call(url, 'POST', '/auth/freeze', { body: { token } });
const login = ({ email, password }: Person, { url } = service) =>
  call(url, 'POST', '/auth/login', { body: { email, password, transport: 'bearer' } });
const rowOf = async ({ user }: Phone, own = service) =>
  (await own.query('SELECT email, email_verified_at, disabled_at FROM users WHERE id = $1', [user.id]))[0];
const nothingWaits = () =>
  until('nothing waits', async () => (await service.query('SELECT 1 FROM mail_outbox')).length === 0);
const bytesOf = ({ status, text, headers }: Answer) => ({
  status,
  text: text.replace(/"requestId":"[^"]+"/, ''),
  headers: Object.keys(headers).toSorted(),
});

/** A person who has asked, with both mails read. */
async function asking(own = service) {
  const phone = await mobile(own.url);
  const to = newAddress();
  expect((await ask(phone, to, {}, own)).status).toBe(202);
  const token = tokenIn(await mail.mailTo(to, 'email'));
  const freezeToken = tokenIn(await mail.mailTo(phone.person.email, 'email_changing'));
  return { phone, to, token, freezeToken };
}

describe('a change of address', () => {
  it('works from end to end: ask, read the mail at the new address, confirm, sign in with it', async () => {
    const { phone, to, token } = await asking();
    expect(await rowOf(phone)).toMatchObject({ email: phone.person.email, email_verified_at: null });
    expect((await me(service.url, phone.accessToken)).json).toMatchObject({ email: phone.person.email });
    const answer = await verify(token);
    expect([answer.status, answer.text]).toEqual([204, '']);
    // The session goes on: its tokens learn of the address by a refresh.
    expect((await me(service.url, phone.accessToken)).json).toMatchObject({ code: 'token_stale', session: 'keep' });
    const refreshed = await refresh(service.url, phone.refreshToken);
    expect(refreshed.json).toMatchObject({
      user: { id: phone.user.id, email: to, emailVerified: true },
      session: { id: phone.session.id },
    });
    expect((await login(phone.person)).json['code']).toBe('invalid_credentials');
    expect((await login({ ...phone.person, email: to })).status).toBe(200);
    await mail.mailTo(phone.person.email, 'email_changed');
    const events = await service.query(
      `SELECT type, details::text FROM audit_events WHERE user_id = $1 AND type LIKE 'email.%' ORDER BY at`,
      [phone.user.id],
    );
    expect(events).toEqual([
      { type: 'email.change_requested', details: '{}' },
      { type: 'email.changed', details: '{}' },
    ]);
  });

  it('is answered alike for a free, a taken and the own address, and only the free one gets a link', async () => {
    const [phone, other] = [await mobile(service.url), await register(service.url)];
    const addresses = [newAddress(), other.email, phone.person.email];
    const answers = [];
    for (const address of addresses) answers.push(bytesOf(await ask(phone, address)));
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ status: 202, text: '' });
    await nothingWaits();
    const linked = mail.mails().filter(({ kind }) => kind === 'email');
    const sentTo = linked.flatMap(({ recipients }) => recipients).filter((each) => addresses.includes(each));
    expect(sentTo).toEqual([addresses[0]]);
  });

  it('needs the current password, and queues no mail without it', async () => {
    const phone = await mobile(service.url);
    const to = newAddress();
    const wrong = await ask(phone, to, { currentPassword: 'not the right one' });
    expect(wrong.json).toMatchObject({ status: 401, code: 'invalid_credentials', session: 'keep' });
    expect((await ask({ ...phone, accessToken: '' }, to)).json['code']).toBe('unauthenticated');
    expect((await ask(phone, 'no address')).json['code']).toBe('invalid_request');
    const events = await service.query(
      `SELECT 1 FROM audit_events WHERE user_id = $1 AND type = 'email.change_failed'`,
      [phone.user.id],
    );
    expect(events).toHaveLength(1);
    await nothingWaits();
    expect(
      mail.mails().filter(({ recipients }) => recipients.includes(to) || recipients.includes(phone.person.email)),
    ).toEqual([]);
  });

  it('happens once, though its link is presented by 20 at once', async () => {
    const { phone, to, token } = await asking();
    const answers = await Promise.all(Array.from({ length: 20 }, () => verify(token)));
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    const refused = answers.filter(({ status }) => status !== 204).map(bytesOf);
    for (const each of refused) expect(each).toEqual(bytesOf(await verify('wot_nothing')));
    expect(await rowOf(phone)).toMatchObject({ email: to });
    expect(await service.query('SELECT token_version FROM users WHERE id = $1', [phone.user.id])).toEqual([
      { token_version: 2 },
    ]);
  });

  it.each([
    [
      'a change of the password',
      ({ accessToken, person: { password: currentPassword } }: Phone) =>
        call(service.url, 'POST', '/auth/password', {
          body: { currentPassword, newPassword },
          headers: bearer(accessToken),
        }),
    ],
    [
      'a logout of all devices',
      ({ accessToken }: Phone) => call(service.url, 'POST', '/auth/logout-all', { headers: bearer(accessToken) }),
    ],
    [
      'being disabled',
      ({ user }: Phone) => service.app.get(AccountStatus).disable(user.id, { by: 'operator', caller: operator }),
    ],
    ['another change', async (phone: Phone) => verify(tokenIn(await secondLink(phone)))],
  ])('is called off by %s', async (_, act) => {
    const { phone, to, token } = await asking();
    await act(phone);
    expect((await verify(token)).json['code']).toBe('token_invalid');
    expect(await rowOf(phone)).not.toMatchObject({ email: to });
  });

  async function secondLink(phone: Phone) {
    const to = newAddress();
    await ask(phone, to);
    return mail.mailTo(to, 'email');
  }

  it('that is called off before its mail leaves sends no link at all', async () => {
    const phone = await mobile(service.url);
    await call(service.url, 'POST', '/auth/logout-all', { headers: bearer(phone.accessToken) });
    const [before, now] = [newAddress(), newAddress()];
    for (const [address, sessionEpoch] of [
      [before, '1'],
      [now, '2'],
    ] as const)
      await send(service, { kind: 'email', address, data: { userId: phone.user.id, sessionEpoch } });
    await mail.mailTo(now, 'email');
    await nothingWaits();
    expect(mail.mails().filter(({ recipients }) => recipients.includes(before))).toEqual([]);
  });

  it('to an address that somebody else got meanwhile changes nothing, and the link stays unused', async () => {
    const { phone, to, token } = await asking();
    const other = await register(service.url, { ...somebody(), email: to });
    expect((await verify(token)).json['code']).toBe('token_invalid');
    expect(await rowOf(phone)).toMatchObject({ email: phone.person.email, email_verified_at: null });
    const [row] = await service.query('SELECT used_at FROM one_time_tokens WHERE user_id = $1 AND purpose = $2', [
      phone.user.id,
      'email',
    ]);
    expect(row).toEqual({ used_at: null });
    expect((await login(other)).status).toBe(200);
    expect((await me(service.url, phone.accessToken)).status).toBe(200);
  });

  it('of two people to one address at the same time happens for one of them', async () => {
    for (let round = 0; round < 10; round++) {
      const [one, two] = [await mobile(service.url), await mobile(service.url)];
      const to = newAddress();
      const links = await Promise.all(
        [one, two].map(({ user, person }) =>
          mailed(service, user.id, 'email', { address: to, boundEmail: person.email }),
        ),
      );
      const answers = await Promise.all(links.map(({ token }) => verify(token)));
      expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 400]);
      expect(await service.query('SELECT 1 FROM users WHERE email = $1', [to])).toHaveLength(1);
    }
  });

  it('is not prevented by a registration of the address that nobody has verified', async () => {
    const { phone, to, token } = await asking();
    await service.query(
      `INSERT INTO users (id, email, pending_until) VALUES (gen_random_uuid(), $1, now() + interval '7 days')`,
      [to],
    );
    expect((await verify(token)).status).toBe(204);
    expect(await service.query('SELECT id FROM users WHERE email = $1', [to])).toEqual([{ id: phone.user.id }]);
  });

  it('leaves no link to the old address alive', async () => {
    const { phone, token } = await asking();
    const { token: reset } = await mailed(service, phone.user.id, 'reset');
    expect((await verify(token)).status).toBe(204);
    const body = { token: reset, newPassword };
    expect((await call(service.url, 'POST', '/auth/password/reset', { body })).json['code']).toBe('token_invalid');
  });
});

describe('the link of the old address', () => {
  it('locks the account whatever happened since, restores nothing, and pages the operator', async () => {
    const { phone, to, token, freezeToken } = await asking();
    await verify(token);
    const thief = (await login({ ...phone.person, email: to })).json as Phone;
    const changed = await call(service.url, 'POST', '/auth/password', {
      body: { currentPassword: phone.person.password, newPassword },
      headers: bearer(thief.accessToken),
    });
    const last = { ...thief, ...(changed.json as Phone) };
    await ask({ ...last, person: { ...phone.person, password: newPassword } }, newAddress());
    const { token: reset } = await mailed(service, phone.user.id, 'reset');

    const answer = await freeze(freezeToken);
    expect([answer.status, answer.text, answer.cookies]).toEqual([204, '', []]);
    await expectDead([service], last);
    expect((await refresh(service.url, last.refreshToken)).json).toMatchObject({ session: 'ended' });
    for (const email of [to, phone.person.email])
      expect((await login({ email, password: newPassword })).json['code']).toBe('invalid_credentials');
    expect(await rowOf(phone)).toMatchObject({ email: to, disabled_at: expect.any(Date) });
    expect(service.log.find((line) => line['alert'] && line['userId'] === phone.user.id)).toMatchObject({
      event: 'account.frozen',
    });
    expect((await freeze(freezeToken)).json['code']).toBe('token_invalid');

    await service.app.get(AccountStatus).enable(phone.user.id, { by: 'operator', caller: operator });
    for (const dead of [reset, freezeToken]) {
      const body = { token: dead, newPassword };
      expect((await call(service.url, 'POST', '/auth/password/reset', { body })).json['code']).toBe('token_invalid');
      expect((await freeze(dead)).json['code']).toBe('token_invalid');
    }
  });

  it('is good for seven days, and no later request of a thief takes it away', async () => {
    const own = await startServiceForTest(mail.settings);
    const { phone, freezeToken } = await asking(own);
    const other = await asking(own);
    await own.advance(3 * 86_400);
    const again = await login(phone.person, own);
    await ask({ ...phone, ...(again.json as Phone) }, newAddress(), {}, own);
    await own.advance(4 * 86_400 - 120);
    expect((await freeze(freezeToken, own)).status).toBe(204);
    await own.advance(240);
    expect((await freeze(other.freezeToken, own)).json['code']).toBe('token_invalid');
    expect(await rowOf(other.phone, own)).toMatchObject({ disabled_at: null });
  });

  it('goes to every address that the account leaves, and is void once an operator has settled it', async () => {
    const own = await startServiceForTest(mail.settings);
    const { phone, to, token, freezeToken } = await asking(own);
    expect((await verify(token, own)).status).toBe(204);
    const again = await login({ ...phone.person, email: to }, own);
    await ask({ ...phone, ...(again.json as Phone) }, newAddress(), {}, own);
    const second = tokenIn(await mail.mailTo(to, 'email_changing'));
    expect((await freeze(second, own)).status).toBe(204);
    await own.app.get(AccountStatus).enable(phone.user.id, { by: 'operator', caller: operator });
    expect((await freeze(freezeToken, own)).json['code']).toBe('token_invalid');
  });

  it('locks even the last administrator: a thief must not stay one', async () => {
    const own = await startServiceForTest(mail.settings);
    const { phone, freezeToken } = await asking(own);
    await own.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [phone.user.id]);
    expect((await freeze(freezeToken, own)).status).toBe(204);
    expect(await rowOf(phone, own)).toMatchObject({ disabled_at: expect.any(Date) });
  });
});

it('a link of one purpose does nothing at the routes of the others, and no GET follows any', async () => {
  const routes = {
    '/auth/email/verify': ['verify', 'email'],
    '/auth/password/reset': ['reset', 'invite'],
    '/auth/freeze': ['freeze'],
  };
  const phone = await mobile(service.url);
  for (const purpose of tokenPurposes) {
    const { token } = await mailed(service, phone.user.id, purpose);
    for (const [path, good] of Object.entries(routes)) {
      for (const method of ['GET', 'HEAD', 'OPTIONS']) await call(service.url, method, `${path}?token=${token}`);
      if (good.includes(purpose)) continue;
      const body = { token, ...(path.endsWith('reset') ? { newPassword } : {}) };
      const answer = await call(service.url, 'POST', path, { body });
      expect([purpose, path, answer.json['code']]).toEqual([purpose, path, 'token_invalid']);
    }
  }
  expect(
    await service.query('SELECT 1 FROM one_time_tokens WHERE user_id = $1 AND used_at IS NULL', [phone.user.id]),
  ).toHaveLength(tokenPurposes.length);
  expect((await me(service.url, phone.accessToken)).status).toBe(200);
});

it('an address that the operator corrects has no session, no link and no password but a new one by mail', async () => {
  const { phone, to, token, freezeToken } = await asking();
  await verify(token);
  await freeze(freezeToken);
  const { token: reset } = await mailed(service, phone.user.id, 'reset');
  const correction = service.app.get(AddressCorrection);
  const correct = (address: string) => correction.correct(phone.user.id, address, { by: 'operator', caller: operator });
  expect(await correct((await register(service.url)).email)).toMatchObject({ hasChanged: false });
  expect(await correct(phone.person.email)).toMatchObject({ hasChanged: true });
  expect(await correct(phone.person.email)).toMatchObject({ hasChanged: false });
  await service.app.get(AccountStatus).enable(phone.user.id, { by: 'operator', caller: operator });
  for (const email of [to, phone.person.email])
    expect((await login({ ...phone.person, email })).json['code']).toBe('invalid_credentials');
  const body = (link: string) => ({ body: { token: link, newPassword } });
  expect((await call(service.url, 'POST', '/auth/password/reset', body(reset))).json['code']).toBe('token_invalid');
  await call(service.url, 'POST', '/auth/password/forgot', { body: { email: phone.person.email } });
  const link = tokenIn(await mail.mailTo(phone.person.email, 'reset'));
  expect((await call(service.url, 'POST', '/auth/password/reset', body(link))).status).toBe(204);
  expect((await login({ ...phone.person, password: newPassword })).status).toBe(200);
});
