// Enrolling an authenticator app over HTTP: its seed is shown once, dies soon, and counts once it is confirmed.
import { randomUUID } from 'node:crypto';
import { Secret } from 'otpauth';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { TotpAuthenticators } from '../src/factors/totp-authenticators.js';
import { bearer, call, me, mobile, register, type Tokens } from './support/client.js';
import { codeOf, enrolled, factor, signedInWith, stepNow, ticketOf, wrongCodeOf } from './support/factors.js';
import { type Service, startService } from './support/service.js';
import { stopTime } from './support/still-time.js';
import { until } from './support/until.js';

let service: Service;
beforeAll(async () => {
  service = await stopTime(await startService({ STEP_UP_MAX_AGE_SECONDS: '900' }));
});
afterAll(() => service.stop());

type Signed = Pick<Tokens, 'accessToken'>;

const post = ({ accessToken }: Signed, path: string, body: object) =>
  call(service.url, 'POST', path, { body, headers: bearer(accessToken) });
const confirm = (phone: Signed, id: string, code: string) => post(phone, `/auth/factors/totp/${id}/confirm`, { code });

async function begin(phone: Signed, name?: string) {
  const { status, json } = await post(phone, '/auth/factors/totp', name === undefined ? {} : { name });
  expect(status).toBe(201);
  const uri = new URL(json['uri']);
  const seed = Buffer.from(Secret.fromBase32(uri.searchParams.get('secret') ?? '').bytes);
  return { id: json['id'] as string, uri, seed, code: async () => codeOf(seed, await stepNow(service)) };
}

it('the URI names the service and the account, and its app signs in from then on', async () => {
  const person = await register(service.url);
  const phone = await mobile(service.url, person);
  const { id, uri, code } = await begin(phone, 'my phone');
  expect(decodeURIComponent(uri.pathname)).toContain(person.email);
  expect(Object.fromEntries(uri.searchParams)).toMatchObject({ algorithm: 'SHA1', digits: '6', period: '30' });
  expect((await mobile(service.url, person)).accessToken).toMatch(/^eyJ/); // it does not count yet
  const confirmed = await confirm(phone, id, await code());
  expect(confirmed.status).toBe(200);
  expect(confirmed.json['recoveryCodes']).toHaveLength(10);
  const ticket = await ticketOf(service, person);
  expect((await factor(service, { ticket, totp: await code() })).json['code']).toBe('invalid_credentials'); // used up
  await service.advance(30);
  expect((await factor(service, { ticket, totp: await code() })).status).toBe(200);
});

it('ends the other sessions and keeps the one that enrolled; a second app brings no new codes', async () => {
  const person = await register(service.url);
  const [phone, other] = [await mobile(service.url, person), await mobile(service.url, person)];
  const first = await begin(phone);
  expect((await confirm(phone, first.id, await first.code())).status).toBe(200);
  expect((await me(service.url, other.accessToken)).json['code']).toBe('token_revoked');
  expect((await me(service.url, phone.accessToken)).status).toBe(200);
  await service.advance(30);
  const answer = await factor(service, { ticket: await ticketOf(service, person), totp: await first.code() });
  const signedIn = answer.json as Tokens;
  const second = await begin(signedIn);
  const confirmed = await confirm(signedIn, second.id, await second.code());
  expect([confirmed.status, confirmed.json['recoveryCodes']]).toEqual([200, undefined]);
});

it('an unconfirmed seed dies in ten minutes, and when the next one is made', async () => {
  const phone = await mobile(service.url);
  const late = await begin(phone);
  await service.advance(601);
  expect((await confirm(phone, late.id, await late.code())).json).toMatchObject({
    code: 'invalid_credentials',
    session: 'keep',
  });
  const person = await register(service.url);
  const next = await mobile(service.url, person);
  const [before, after] = [await begin(next), await begin(next)];
  expect((await confirm(next, before.id, await before.code())).json['code']).toBe('invalid_credentials');
  expect((await confirm(next, after.id, await after.code())).status).toBe(200);
});

it('a wrong code, another user’s app and one that is none confirm nothing', async () => {
  const [one, other] = [await mobile(service.url), await mobile(service.url)];
  const app = await begin(one);
  const wrong = wrongCodeOf(app.seed, await stepNow(service));
  expect((await confirm(one, app.id, wrong)).json['code']).toBe('invalid_credentials');
  expect((await confirm(other, app.id, await app.code())).json['code']).toBe('invalid_credentials');
  expect((await confirm(one, randomUUID(), await app.code())).json['code']).toBe('invalid_credentials');
  expect((await confirm(one, 'x', await app.code())).json['code']).toBe('not_found');
  expect((await confirm(one, app.id, await app.code())).status).toBe(200);
});

it('twenty confirmations at once enrol one app with one set of codes', async () => {
  const phone = await mobile(service.url);
  const app = await begin(phone);
  const code = await app.code();
  const answers = await Promise.all(Array.from({ length: 20 }, () => confirm(phone, app.id, code)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  const [left] = await service.query<{ count: number }>('SELECT count(*)::int FROM recovery_codes WHERE user_id = $1', [
    phone.user.id,
  ]);
  expect(left?.count).toBe(10);
});

it('an account has five apps at most, however many begin at once', async () => {
  const who = await enrolled(service);
  for (let app = 1; app < 4; app++) await enrolled(service, who.person);
  const phone = await signedInWith(service, who);
  const apps = service.app.get(TotpAuthenticators, { strict: false });
  const other = new pg.Client({ connectionString: service.databaseUrl });
  await other.connect();
  onTestFinished(() => other.end());
  await other.query('BEGIN');
  await other.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [who.userId]); // all of them wait for it
  const begun = Array.from({ length: 4 }, () => apps.begin(who.userId, null));
  await until('four wait', async () => {
    const waiting = await service.query(
      "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
    );
    return waiting.length === 4;
  });
  await other.query('COMMIT');
  await Promise.all(begun);
  expect(
    await service.query('SELECT count(*)::int AS apps FROM totp_authenticators WHERE user_id = $1', [who.userId]),
  ).toEqual([{ apps: 5 }]);
  await enrolled(service, who.person);
  const sixth = await post(phone, '/auth/factors/totp', {});
  expect(sixth.json).toMatchObject({ status: 409, code: 'too_many_factors', session: 'keep' });
});
