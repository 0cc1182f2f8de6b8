// What administrators do to an account: each act in one piece, with its event, its reason and its mail.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Administrator, administrator } from './support/admins.js';
import { type Answer, call, me, mobile, refresh, somebody } from './support/client.js';
import { enrolled, signedInWith } from './support/factors.js';
import { type MailServer, startMailServer, tokenIn } from './support/mail-server.js';
import { type Service, startService } from './support/service.js';

let server: MailServer;
let service: Service;
let ada: Administrator;
beforeAll(async () => {
  server = await startMailServer();
  service = await startService({ ...server.settings, ROLES: 'user,support,admin' });
  ada = await administrator(service);
});
afterAll(async () => {
  await service.stop();
  await server.close();
});

const of = (id: string, path = '') => `/admin/users/${id}${path}`;
const patch = (id: string, body: object, headers: Record<string, string> = {}) =>
  ada.ask('PATCH', of(id), { body, headers });
const told = ({ status, json }: Answer) => [status, json['code']];
const eventsOf = (userId: string, type: string) =>
  service.query<{ details: object }>('SELECT details FROM audit_events WHERE user_id = $1 AND type = $2', [
    userId,
    type,
  ]);
const byAda = (more: object) => [{ details: { by: ada.userId, ...more } }];
const REASON = 'ticket 4711: asked by phone';
const query = `?reason=${encodeURIComponent(REASON)}`;

describe('a change of a user', () => {
  it('gives a role: old access tokens are refused, the session goes on with it, and who and why are kept', async () => {
    const { user, accessToken, refreshToken, person } = await mobile(service.url);
    const { status, json, headers } = await patch(user.id, { role: 'support', reason: REASON });
    expect([status, json['role'], headers['etag']]).toEqual([200, 'support', '"2"']);
    expect((await me(service.url, accessToken)).json['code']).toBe('token_stale');
    expect((await refresh(service.url, refreshToken)).json['user']).toMatchObject({ role: 'support' });
    const change = { from: 'user', to: 'support', reason: REASON };
    expect(await eventsOf(user.id, 'role.changed')).toEqual(byAda(change));
    expect((await server.mailTo(person.email, 'role_changed')).text).toContain('It is now: support.');
  });

  it('disables and enables again, with a mail for each and none for what changes nothing', async () => {
    const { user, refreshToken, person } = await mobile(service.url);
    const disabled = await patch(user.id, { disabled: true, reason: REASON });
    expect(disabled.json).toMatchObject({ status: 'disabled', disabledAt: expect.any(String), sessions: 0 });
    expect((await refresh(service.url, refreshToken)).json['session']).toBe('ended');
    expect((await patch(user.id, { disabled: true })).status).toBe(200);
    expect((await patch(user.id, { disabled: false })).json).toMatchObject({ status: 'active', disabledAt: null });
    expect(await eventsOf(user.id, 'user.disabled')).toEqual(byAda({ reason: REASON }));
    expect(await eventsOf(user.id, 'user.enabled')).toEqual(byAda({}));
    expect((await mobile(service.url, person)).user.id).toBe(user.id);
    const kinds = (await server.mailsTo(person.email, 2)).map(({ kind }) => kind);
    expect(kinds).toEqual(['account_disabled', 'account_enabled']);
    expect((await server.mailTo(person.email, 'account_disabled')).text).not.toContain('4711');
  });

  it('is done as a whole, or not at all', async () => {
    const { user } = await mobile(service.url);
    expect((await patch(user.id, { role: 'support', disabled: true })).json).toMatchObject({
      ...{ role: 'support', status: 'disabled' },
    });
    await onlyAda();
    const refused = await patch(ada.userId, { role: 'user', disabled: false });
    expect(told(refused)).toEqual([409, 'last_admin']);
    expect(told(await patch(user.id, { role: 'admin', disabled: false }, { 'if-match': '"1"' }))).toEqual([
      ...[412, 'precondition_failed'],
    ]);
    expect((await ada.ask('GET', of(user.id))).json).toMatchObject({ role: 'support', status: 'disabled' });
  });

  it('at an older revision changes nothing, whatever the tag looks like (RFC 9110 §13.1.1)', async () => {
    const { user } = await mobile(service.url);
    await patch(user.id, { role: 'support' });
    const stale = ['"1"', 'W/"2"', '2', '""', '"2', '"99999999999"', '"2147483648"', '"2\' or true"', '"1", "3"'];
    for (const tag of stale) {
      const answers = [
        await patch(user.id, { role: 'user' }, { 'if-match': tag }),
        await patch(user.id, { disabled: true }, { 'if-match': tag }),
        await patch(user.id, { role: 'support' }, { 'if-match': tag }),
      ];
      for (const answer of answers) expect([tag, ...told(answer)]).toEqual([tag, 412, 'precondition_failed']);
    }
    expect((await ada.ask('GET', of(user.id))).headers['etag']).toBe('"2"');
    for (const [tag, role] of Object.entries({ '"1", "2"': 'user', '*': 'support', ' "4"': 'user' }))
      expect((await patch(user.id, { role }, { 'if-match': tag })).json['role']).toBe(role);
    // Both fields at once: the first one moves the revision, and the second one is a part of the same act.
    const both = await patch(user.id, { role: 'support', disabled: true }, { 'if-match': '"5"' });
    expect(both.json).toMatchObject({ role: 'support', status: 'disabled' });
  });

  it('twice at once at one revision: one is done, the other one refused, in each of 20 rounds', async () => {
    const { user } = await mobile(service.url);
    for (let round = 0; round < 20; round++) {
      const etag = String((await ada.ask('GET', of(user.id))).headers['etag']);
      const role = round % 2 === 0 ? 'support' : 'user';
      const answers = await Promise.all([
        patch(user.id, { role }, { 'if-match': etag }),
        patch(user.id, { disabled: round % 2 === 0 }, { 'if-match': etag }),
      ]);
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412]);
      await patch(user.id, { role, disabled: round % 2 === 0 });
    }
  });

  it('sets no password, no address and nothing else, and takes no nonsense', async () => {
    const { user } = await mobile(service.url);
    const wrong: object[] = [
      ...[{}, { reason: REASON }, { password: 'a passphrase of an admin' }, { role: 'user', passwordHash: 'x' }],
      ...[{ email: 'new@example.com' }, { emailVerified: true }, { role: 'user', id: randomUUID() }],
      ...[{ role: '%' }, { role: '' }, { role: 'Admin' }, { role: 'admin\u0000' }, { role: ['admin'] }, { role: null }],
      ...[{ disabled: 'yes' }, { disabled: 0 }, { disabled: null }, { role: 'x'.repeat(1_000) }],
      ...['a\nb', '\u0000', '\u202egnp', '\ud800', '', 'x'.repeat(501)].map((reason) => ({ disabled: true, reason })),
    ];
    for (const body of wrong)
      expect([body, ...told(await patch(user.id, body))]).toEqual([body, 400, 'invalid_request']);
    const big = await ada.ask('PATCH', of(user.id), { rawBody: JSON.stringify({ role: 'x'.repeat(1_000_000) }) });
    expect(told(big)).toEqual([413, 'body_too_large']);
    expect((await ada.ask('GET', of(user.id))).headers['etag']).toBe('"1"');
  });

  it('gives no role to an account whose address nobody has verified, and finds nobody under an unknown id', async () => {
    const { user } = await mobile(service.url);
    await service.query(`UPDATE users SET pending_until = protocol_now() + interval '1 day' WHERE id = $1`, [user.id]);
    expect(told(await patch(user.id, { role: 'support' }))).toEqual([403, 'email_unverified']);
    expect((await ada.ask('GET', of(user.id))).json).toMatchObject({ role: 'user', status: 'pending' });
    expect(told(await patch(randomUUID(), { disabled: true }))).toEqual([404, 'not_found']);
    expect(told(await patch('%00', { disabled: true }))).toEqual([404, 'not_found']);
  });
});

/** Leaves no other administrator. */
const onlyAda = () => service.query(`UPDATE users SET role = 'user' WHERE role = 'admin' AND id <> $1`, [ada.userId]);

describe('an administrator', () => {
  it('who is the last one is neither demoted, disabled nor deleted, by themselves or anybody', async () => {
    await onlyAda();
    const answers = [
      await patch(ada.userId, { role: 'user' }),
      await patch(ada.userId, { disabled: true }),
      await ada.ask('DELETE', of(ada.userId)),
    ];
    for (const answer of answers) expect(told(answer)).toEqual([409, 'last_admin']);
    expect((await ada.ask('GET', of(ada.userId))).json).toMatchObject({ role: 'admin', status: 'active' });
  });

  it('who takes their own role goes on as the user that they are now', async () => {
    const former = await administrator(service);
    const own = await former.ask('PATCH', of(former.userId), { body: { role: 'user' } });
    expect(own.json).toMatchObject({ role: 'user', sessions: 1 });
    expect(told(await former.ask('GET', of(former.userId)))).toEqual([401, 'token_stale']);
    const { json } = await refresh(service.url, former.tokens.refreshToken);
    expect(json['user']).toMatchObject({ role: 'user' });
  });

  it('who disables themselves is signed out everywhere', async () => {
    const former = await administrator(service);
    expect((await former.ask('PATCH', of(former.userId), { body: { disabled: true } })).status).toBe(200);
    expect((await former.ask('GET', of(former.userId))).status).toBe(401);
    expect((await refresh(service.url, former.tokens.refreshToken)).json['session']).toBe('ended');
  });
});

describe('the sessions of a user', () => {
  it('are listed, and ended one by one; those of somebody else are not found', async () => {
    const one = await mobile(service.url);
    const two = await mobile(service.url, one.person);
    const { json } = await ada.ask('GET', of(one.user.id, '/sessions'));
    const ids = (json['sessions'] as { id: string }[]).map(({ id }) => id);
    expect(ids).toEqual([two.session.id, one.session.id]);
    const end = (id: string, of_: string) => ada.ask('DELETE', of(of_, `/sessions/${id}${query}`));
    expect((await end(one.session.id, one.user.id)).status).toBe(204);
    expect((await me(service.url, one.accessToken)).json['code']).toBe('token_revoked');
    expect((await me(service.url, two.accessToken)).status).toBe(200);
    for (const id of [one.session.id, randomUUID(), 'all'])
      expect(told(await end(id, one.user.id))).toEqual([404, 'not_found']);
    expect(told(await end(two.session.id, ada.userId))).toEqual([404, 'not_found']);
    expect(await eventsOf(one.user.id, 'user.sessions_ended')).toEqual(byAda({ sessions: 1, reason: REASON }));
    expect(await eventsOf(one.user.id, 'session.ended')).toEqual(byAda({ reason: 'operator' }));
  });

  it('end all at once, with every access token and a mail', async () => {
    const one = await mobile(service.url);
    const two = await mobile(service.url, one.person);
    expect((await ada.ask('DELETE', of(one.user.id, `/sessions${query}`))).status).toBe(204);
    for (const { accessToken, refreshToken } of [one, two]) {
      expect((await me(service.url, accessToken)).status).toBe(401);
      expect((await refresh(service.url, refreshToken)).json['session']).toBe('ended');
    }
    expect(await eventsOf(one.user.id, 'user.sessions_ended')).toEqual(byAda({ sessions: 2, reason: REASON }));
    await server.mailTo(one.person.email, 'sessions_ended');
  });

  it('end for a subject as another system names it (Global Token Revocation, RFC 9493)', async () => {
    const { json: metadata } = await call(service.url, 'GET', '/.well-known/oauth-authorization-server');
    expect(metadata['global_token_revocation_endpoint']).toBe('http://auth.test/admin/sessions/end');
    const end = (sub_id: object) => ada.ask('POST', '/admin/sessions/end', { body: { sub_id, reason: REASON } });
    const person = somebody();
    expect((await call(service.url, 'POST', '/auth/register', { body: person })).status).toBe(201);
    const names = [
      ({ user }: { user: { id: string } }) => ({ format: 'iss_sub', iss: 'http://auth.test', sub: user.id }),
      () => ({ format: 'email', email: person.email.toUpperCase() }),
      ({ user }: { user: { id: string } }) => ({ format: 'opaque', id: user.id }),
    ];
    for (const name of names) {
      const phone = await mobile(service.url, person);
      expect((await end(name(phone))).status).toBe(204);
      expect((await me(service.url, phone.accessToken)).status).toBe(401);
    }
    const { user } = await mobile(service.url, person);
    const unknown = [
      { format: 'iss_sub', iss: 'https://other.example', sub: user.id },
      { format: 'email', email: 'nobody@example.com' },
      { format: 'opaque', id: randomUUID() },
      { format: 'opaque', id: '%' },
    ];
    for (const sub of unknown) expect([sub, ...told(await end(sub))]).toEqual([sub, 404, 'not_found']);
    for (const sub of [{ format: 'phone_number', phone_number: '+491' }, { format: 'email' }, {}])
      expect([sub, ...told(await end(sub))]).toEqual([sub, 400, 'invalid_request']);
  });
});

describe('a way back for a user', () => {
  it('is the mail of a forgotten password, whose link the administrator never sees', async () => {
    const { user, person } = await mobile(service.url);
    const ask = () => ada.ask('POST', of(user.id, '/password-reset'), { body: { reason: REASON } });
    const answer = await ask();
    expect([answer.status, answer.text]).toEqual([202, '']);
    const body = {
      token: tokenIn(await server.mailTo(person.email, 'reset')),
      newPassword: 'quite another passphrase',
    };
    expect((await call(service.url, 'POST', '/auth/password/reset', { body })).status).toBe(204);
    expect(await eventsOf(user.id, 'user.reset_mailed')).toEqual(byAda({ reason: REASON }));
    expect(told(await ask())).toEqual([429, 'too_many_attempts']);
    expect(told(await ada.ask('POST', of(randomUUID(), '/password-reset')))).toEqual([404, 'not_found']);
  });

  it('is the removal of second factors, which ends every session and mails what the next factor needs', async () => {
    const bob = await enrolled(service);
    const { accessToken } = await signedInWith(service, bob);
    expect((await ada.ask('DELETE', of(bob.userId, `/factors${query}`))).status).toBe(204);
    expect((await me(service.url, accessToken)).status).toBe(401);
    expect((await ada.ask('GET', of(bob.userId))).json).toMatchObject({ factors: [], recoveryCodesLeft: 0 });
    expect(await eventsOf(bob.userId, 'factors.reset')).toEqual(byAda({ factors: 1, reason: REASON }));
    await server.mailTo(bob.person.email, 'factors_reset');
    expect(told(await ada.ask('DELETE', of(randomUUID(), '/factors')))).toEqual([404, 'not_found']);
  });
});

describe('an account', () => {
  it('begins with an invitation: no password, and the role that it is to have', async () => {
    const { email } = somebody();
    const invite = (body: object) => ada.ask('POST', '/admin/users', { body });
    const { status, json } = await invite({ email: email.toUpperCase(), role: 'support', reason: REASON });
    const user = json['user'] as { id: string };
    expect([status, user]).toEqual([201, expect.objectContaining({ email, role: 'support', status: 'active' })]);
    expect(await eventsOf(user.id, 'user.invited')).toEqual(byAda({ reason: REASON }));
    await server.mailTo(email, 'invite');
    expect((await ada.ask('GET', of(user.id))).json['hasPassword']).toBe(false);
    expect((await invite({ email, role: 'user' })).json['user']).toMatchObject({ id: user.id, role: 'support' });
    const taken = (await mobile(service.url)).person.email;
    expect(told(await invite({ email: taken }))).toEqual([409, 'email_taken']);
    for (const body of [{ email, role: 'root' }, { email, password: 'a passphrase' }, { email: 'x' }, { role: 'user' }])
      expect([body, ...told(await invite(body))]).toEqual([body, 400, 'invalid_request']);
  });

  it('ends with a deletion: nothing is left but the events, and a mail', async () => {
    const { user, accessToken, person } = await mobile(service.url);
    expect((await ada.ask('DELETE', of(user.id, query))).status).toBe(204);
    expect((await me(service.url, accessToken)).status).toBe(401);
    expect(told(await ada.ask('GET', of(user.id)))).toEqual([404, 'not_found']);
    expect(told(await ada.ask('DELETE', of(user.id, query)))).toEqual([404, 'not_found']);
    expect(await eventsOf(user.id, 'user.deleted')).toEqual(byAda({ sessions: 1, reason: REASON }));
    await server.mailTo(person.email, 'account_deleted');
    const disabled = await mobile(service.url);
    await patch(disabled.user.id, { disabled: true });
    expect((await ada.ask('DELETE', of(disabled.user.id))).status).toBe(204);
  });
});

it('a person sees what happened to their account, and neither by whom nor why', async () => {
  const phone = await mobile(service.url);
  await patch(phone.user.id, { role: 'support', reason: REASON });
  await ada.ask('DELETE', of(phone.user.id, `/sessions${query}`));
  const again = await mobile(service.url, phone.person);
  const { text, json } = await call(service.url, 'GET', '/auth/events', {
    headers: { authorization: `Bearer ${again.accessToken}` },
  });
  const types = (json['events'] as { type: string }[]).map(({ type }) => type);
  expect(types).toEqual(expect.arrayContaining(['role.changed', 'session.ended']));
  expect(text).not.toContain('4711');
  expect(text).not.toContain(ada.userId);
});
