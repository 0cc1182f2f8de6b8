// REGISTRATION=verified: an account opens nothing before its address is verified, and nobody learns who has one.
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PendingPurge } from '../src/credentials/registration/pending-purge.js';
import { Database } from '../src/database/database.js';
import { MailDelivery } from '../src/mail/mail-delivery.js';
import { PendingUsers } from '../src/users/pending-users.js';
import { type Answer, call, me, mobile, type Person, somebody } from './support/client.js';
import { type MailServer, startMailServer, tokenIn } from './support/mail-server.js';
import { mailed } from './support/one-time-tokens.js';
import { type Service, startService, startServiceForTest } from './support/service.js';

/** Whoever registers an address again has waited. */
const settings = { REGISTRATION: 'verified', RATE_LIMITS: 'off' };

let mail: MailServer;
let service: Service;
beforeAll(async () => {
  mail = await startMailServer();
  service = await startService({ ...settings, ...mail.settings });
});
afterAll(async () => {
  await service.stop();
  await mail.close();
});

const post = (path: string, body: object, of = service) => call(of.url, 'POST', path, { body });
const signUp = (person: Person, of = service) => post('/auth/register', person, of);
const login = ({ email, password }: Person, of = service) =>
  post('/auth/login', { email, password, transport: 'bearer' }, of);
const verify = (token: string, of = service) => post('/auth/email/verify', { token }, of);

interface Row {
  readonly id: string;
  readonly pending: boolean;
  readonly verified: boolean;
  readonly epoch: number;
}
async function rowOf({ email }: Person, of = service): Promise<Row> {
  const [row] = await of.query<Row>(
    `SELECT id, pending_until IS NOT NULL AS pending, email_verified_at IS NOT NULL AS verified, session_epoch AS epoch
       FROM users WHERE email = $1`,
    [email],
  );
  if (!row) throw new Error(`${email} has no account`);
  return row;
}

async function pending(of = service) {
  const person = somebody();
  expect((await signUp(person, of)).status).toBe(202);
  const { id } = await rowOf(person, of);
  return { person, id, ...(await mailed(of, id, 'verify')) };
}

async function verified(of = service): Promise<Person> {
  const { person, token } = await pending(of);
  expect((await verify(token, of)).status).toBe(204);
  return person;
}

const eventsOf = async (id: string, of = service) =>
  (await of.query<{ type: string }>('SELECT type FROM audit_events WHERE user_id = $1 ORDER BY id', [id])).map(
    ({ type }) => type,
  );

/** What a caller can see. */
const seen = ({ status, text, headers }: Answer) => ({
  status,
  text,
  headers: { ...headers, date: '', 'x-request-id': '' },
});

describe('a registration', () => {
  it('works from end to end: register, read the mail, follow the link, sign in', async () => {
    const person = somebody();
    expect((await signUp(person)).status).toBe(202);
    const token = tokenIn(await mail.mailTo(person.email, 'verify'));
    expect((await login(person)).json['code']).toBe('email_unverified');
    expect((await verify(token)).status).toBe(204);
    expect((await login(person)).status).toBe(200);
  });

  it('whose mail is sent again works with the newer link only', async () => {
    const person = somebody();
    await signUp(person);
    const first = tokenIn(await mail.mailTo(person.email, 'verify'));
    await post('/auth/email/verify/resend', { email: person.email });
    const [, second] = await mail.mailsTo(person.email, 2);
    expect((await verify(first)).json['code']).toBe('token_invalid');
    expect((await verify(second ? tokenIn(second) : '')).status).toBe(204);
  });
});

describe('an account with an address that is not verified', () => {
  it('opens nothing: 403 email_unverified after the right password, and after a wrong one the answer to anybody', async () => {
    const { person } = await pending();
    const right = await login(person);
    expect(right.json).toMatchObject({ status: 403, code: 'email_unverified' });
    expect(right.json['session']).toBeUndefined();
    expect(right.cookies).toEqual([]);
    const [wrong, unknown] = [await login({ ...person, password: 'wrong' }), await login(somebody())];
    expect(wrong.json).toMatchObject({ status: 401, code: 'invalid_credentials' });
    expect(unknown.json).toEqual({ ...wrong.json, requestId: unknown.json['requestId'] as string });
  });

  it('is a full account once the link is followed', async () => {
    const { person, token, id } = await pending();
    const answer = await verify(token);
    expect([answer.status, answer.text, answer.cookies]).toEqual([204, '', []]);
    expect(await rowOf(person)).toMatchObject({ pending: false, verified: true });
    const { accessToken } = await mobile(service.url, person);
    expect((await me(service.url, accessToken)).json).toMatchObject({ email: person.email, emailVerified: true });
    expect(await eventsOf(id)).toEqual(['user.registered', 'email.verified', 'login.succeeded']);
    expect((await verify(token)).json['code']).toBe('token_invalid');
  });

  it('is a full account after a reset, which shows as well that its owner reads the address', async () => {
    const { person, id } = await pending();
    const { token } = await mailed(service, id, 'reset');
    const password = 'quite another passphrase';
    expect((await post('/auth/password/reset', { token, newPassword: password })).status).toBe(204);
    expect((await login(person)).json['code']).toBe('invalid_credentials');
    expect((await login({ ...person, password })).status).toBe(200);
  });

  it('whose link has expired gets another one', async () => {
    const own = await startServiceForTest(settings);
    const { person, id, token } = await pending(own);
    await own.advance(86_400);
    expect((await verify(token, own)).json['code']).toBe('token_invalid');
    expect((await post('/auth/email/verify/resend', { email: person.email }, own)).status).toBe(202);
    expect((await verify((await mailed(own, id, 'verify')).token, own)).status).toBe(204);
  });

  it('goes after 7 days, and its address is free; whoever has verified keeps theirs', async () => {
    const own = await startServiceForTest(settings);
    const [{ person }, kept] = [await pending(own), await verified(own)];
    const purge = own.app.get(PendingPurge);
    await own.advance(7 * 86_400 - 60);
    await purge.round();
    expect(await rowOf(person, own)).toMatchObject({ pending: true });
    await own.advance(120);
    await purge.round();
    await expect(rowOf(person, own)).rejects.toThrow('has no account');
    expect((await login(kept, own)).status).toBe(200);
    expect((await signUp(person, own)).status).toBe(202);
  });

  it('is found by its index when it goes, whatever the number of users', async () => {
    const own = await startServiceForTest(settings);
    await own.query(`INSERT INTO users (id, email, pending_until) SELECT gen_random_uuid(), n || '@example.com',
      CASE WHEN n <= 2500 THEN now() - n * interval '1 second' WHEN n % 9 = 0 THEN now() + interval '1 day' END
      FROM generate_series(1, 40000) n`);
    await own.query('ANALYZE users');
    const statement = own.app.get(PendingUsers).dueStatement();
    const { rows } = await own.app.get(Database).execute(sql`explain ${statement}`);
    expect(JSON.stringify(rows)).toContain('Index Scan using users_pending_until');
    expect(JSON.stringify(rows)).not.toContain('Seq Scan on users');
    await own.app.get(PendingPurge).round();
    expect(await own.query('SELECT count(*)::int AS n FROM users')).toEqual([{ n: 37_500 }]);
  });
});

describe('a second registration of an address', () => {
  it('that is not verified replaces the password, and the link of the first one is void before the next is mailed', async () => {
    const own = await startServiceForTest(settings);
    await own.app.get(MailDelivery).beforeApplicationShutdown(); // the second mail is late
    const { person, token, id } = await pending(own);
    const again = { ...person, password: 'quite another passphrase' };
    expect((await signUp(again, own)).status).toBe(202);
    expect((await verify(token, own)).json['code']).toBe('token_invalid');
    expect((await verify((await mailed(own, id, 'verify')).token, own)).status).toBe(204);
    expect((await login(person, own)).json['code']).toBe('invalid_credentials');
    expect((await login(again, own)).status).toBe(200);
    expect(await eventsOf(id, own)).toEqual(
      expect.arrayContaining(['user.registered', 'registration.repeated', 'email.verified']),
    );
  });

  it('that belongs to an account changes nothing, and its owner is told by mail', async () => {
    const person = await verified();
    const before = await service.query('SELECT * FROM users WHERE email = $1', [person.email]);
    expect((await signUp({ ...person, password: 'a passphrase of the thief' })).status).toBe(202);
    expect(await service.query('SELECT * FROM users WHERE email = $1', [person.email])).toEqual(before);
    expect((await login(person)).status).toBe(200);
    expect(tokenIn(await mail.mailTo(person.email, 'already_registered'))).toBe('');
  });

  it('that belongs to a disabled account, pending or not, changes nothing either', async () => {
    const { person, id } = await pending();
    await service.query('UPDATE users SET disabled_at = now() WHERE id = $1', [id]);
    const before = await service.query('SELECT * FROM users WHERE id = $1', [id]);
    expect((await signUp({ ...person, password: 'a passphrase of the thief' })).status).toBe(202);
    expect(await service.query('SELECT * FROM users WHERE id = $1', [id])).toEqual(before);
  });

  it('gets the answer of the first one, to the byte', async () => {
    const person = somebody();
    const [first, repeated] = [await signUp(person), await signUp(person)];
    const taken = await signUp(await verified());
    expect(seen(first)).toMatchObject({ status: 202, text: '' });
    expect(seen(repeated)).toEqual(seen(first));
    expect(seen(taken)).toEqual(seen(first));
  });

  it('20 times at once makes one account, whose password is one of the 20', async () => {
    const { email } = somebody();
    const people = Array.from({ length: 20 }, (_, n) => ({ email, password: `quite another passphrase, number ${n}` }));
    const answers = await Promise.all(people.map((person) => signUp(person)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const { id, epoch } = await rowOf({ email, password: '' });
    expect(epoch).toBe(20);
    expect((await verify((await mailed(service, id, 'verify')).token)).status).toBe(204);
    const codes = await Promise.all(people.map(async (person) => (await login(person)).status));
    expect(codes.filter((status) => status === 200)).toHaveLength(1);
  });
});

describe('a password that is refused', () => {
  it('is refused for a known and an unknown address alike', async () => {
    const known = await verified();
    const [one, other] = [
      await signUp({ ...known, password: 'short' }),
      await signUp({ ...somebody(), password: 'short' }),
    ];
    expect(one.json).toMatchObject({ status: 422, code: 'password_rejected' });
    expect({ ...other.json, requestId: '' }).toEqual({ ...one.json, requestId: '' });
  });
});

describe('in an open registration', () => {
  it('an account is full at once, and its owner may verify the address when they like; sessions go on', async () => {
    const open = await startServiceForTest();
    const phone = await mobile(open.url);
    expect((await me(open.url, phone.accessToken)).json['emailVerified']).toBe(false);
    const { token } = await mailed(open, phone.user.id, 'verify');
    expect((await verify(token, open)).status).toBe(204);
    expect((await me(open.url, phone.accessToken)).json['code']).toBe('token_stale');
    const next = await post('/auth/refresh', { refreshToken: phone.refreshToken }, open);
    expect((await me(open.url, next.json['accessToken'] as string)).json['emailVerified']).toBe(true);
  });
});
