// Second factors while something breaks, on two instances, and by the clocks of phones that are wrong.
import { existsSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FactorsPurge } from '../src/factors/factors-purge.js';
import { TotpAuthenticators } from '../src/factors/totp-authenticators.js';
import { bearer, call, mobile } from './support/client.js';
import { codeOf, enrolled, factor, STEP_SECONDS, stepNow, ticketOf, wrongCodeOf } from './support/factors.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { startRedis } from './support/redis.js';
import { randomOf } from './support/seed.js';
import { cloneDatabase, type Service, startServiceForTest } from './support/service.js';
import { startStill, stopTime } from './support/still-time.js';
import { until } from './support/until.js';

describe('while the database breaks', () => {
  it.each([
    ['the attempt is counted', /update "factor_tickets"/],
    ['the authenticators are read', /select id, secret_sealed/],
    ['the guess is charged', /insert into "guess_budgets"/],
    ['the user is locked', /select from "users" where/],
    ['the ticket is looked for', /from "users" u, "factor_tickets" t/],
    ['the code is used up', /update "totp_authenticators"/],
    ['the ticket is used up', /delete from "factor_tickets"/],
    ['the session is written', /insert into "refresh_tokens"/],
  ])('as %s, the answer is 503, and the same ticket and code sign in afterwards', async (_, statement) => {
    const proxy = await PostgresProxy.before(await cloneDatabase());
    onTestFinished(() => proxy.close());
    const service = await stopTime(await startServiceForTest({}, { databaseUrl: proxy.url }));
    const { person, code } = await enrolled(service);
    const given = { ticket: await ticketOf(service, person), totp: await code() };
    const fault = proxy.break(statement, { loses: 'query', share: 0, how: 'destroy' });
    const broken = await factor(service, given);
    expect(fault.hasHit).toBe(true);
    expect(broken.json).toMatchObject({ status: 503, code: 'unavailable', session: 'keep' });
    expect((await factor(service, given)).status).toBe(200);
  });

  it('as the answer to the commit is lost, nobody gets in twice by that ticket and code', async () => {
    const proxy = await PostgresProxy.before(await cloneDatabase());
    onTestFinished(() => proxy.close());
    const service = await stopTime(await startServiceForTest({}, { databaseUrl: proxy.url }));
    const { person, userId, code } = await enrolled(service);
    const given = { ticket: await ticketOf(service, person), totp: await code() };
    const held = proxy.pauseBefore(/insert into "refresh_tokens"/);
    const answer = factor(service, given);
    expect(await held.arrivesDuring(answer)).toBe(true);
    const fault = proxy.break(/commit/, { loses: 'answer', share: 0, how: 'destroy' });
    held.release();
    expect((await answer).status).toBe(503);
    expect(fault.hasHit).toBe(true);
    expect((await factor(service, given)).json['code']).toBe('factor_ticket_invalid');
    const again = await factor(service, { ...given, ticket: await ticketOf(service, person) });
    expect(again.json['code']).toBe('invalid_credentials');
    expect(await service.query('SELECT 1 FROM refresh_tokens WHERE user_id = $1', [userId])).toHaveLength(1);
  });
});

it('without Redis a second factor is asked for and taken as ever', async () => {
  const redis = await startRedis();
  const service = await startServiceForTest({ REDIS_URL: redis.url, REDIS_TIMEOUT_MS: '100' });
  const { person, code, wrongCode } = await enrolled(service);
  await redis.kill();
  const ticket = await ticketOf(service, person);
  expect((await factor(service, { ticket, totp: await wrongCode() })).json['code']).toBe('invalid_credentials');
  expect((await factor(service, { ticket, totp: await code() })).status).toBe(200);
});

it('two instances take one code once, and count one budget (T3)', async () => {
  const one = await startStill();
  const other = await startServiceForTest({}, { databaseUrl: one.databaseUrl });
  const { person, userId, seed } = await enrolled(one);
  const step = await stepNow(one);
  const tickets = [await ticketOf(one, person), await ticketOf(other, person)];
  const totp = codeOf(seed, step);
  const answers = await Promise.all(tickets.map((ticket, at) => factor(at === 0 ? one : other, { ticket, totp })));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401]);
  expect(await one.query('SELECT 1 FROM refresh_tokens WHERE user_id = $1', [userId])).toHaveLength(1);
  const wrong = wrongCodeOf(seed, step);
  const [first, second] = [await ticketOf(one, person), await ticketOf(one, person)];
  for (const [service, ticket] of [
    [one, first],
    [other, first],
    [one, second],
    [other, second],
  ] as const)
    await factor(service, { ticket, totp: wrong });
  const rows = await one.query<{ failures: number }>(`SELECT failures FROM guess_budgets WHERE kind = 'otp'`);
  expect(rows.map(({ failures }) => failures)).toEqual([5]); // the one that lost the race is one of them
});

describe('a phone', () => {
  it.each([
    ['29 s behind', -29],
    ['29 s ahead', 29],
  ])('whose clock is %s shows codes that sign in, at any second of a step', async (_, apart) => {
    const service = await startStill();
    const { person, seed } = await enrolled(service);
    for (const second of [0, 1, 15, 28, 29]) {
      await toSecond(service, second);
      const phone = Math.floor(((await secondsNow(service)) + apart) / STEP_SECONDS);
      const answer = await factor(service, { ticket: await ticketOf(service, person), totp: codeOf(seed, phone) });
      expect([second, answer.status]).toEqual([second, 200]);
      await service.advance(4 * STEP_SECONDS);
    }
  });

  it('may show a code a moment before its step ends, and a person be slow to type it', async () => {
    const service = await startStill();
    const { person, seed } = await enrolled(service);
    await toSecond(service, 29);
    const ticket = await ticketOf(service, person);
    const shown = codeOf(seed, await stepNow(service));
    await service.advance(30); // the whole of the next step passes, but for its last second
    expect((await factor(service, { ticket, totp: shown })).status).toBe(200);
  });

  it('is not believed by the clock of the process, which may be hours off', async () => {
    const service = await startStill();
    const { person, code } = await enrolled(service);
    service.clock.shiftSeconds += 5 * 3_600;
    expect((await factor(service, { ticket: await ticketOf(service, person), totp: await code() })).status).toBe(200);
  });

  it('shows the codes of an independent generator', async () => {
    const service = await startStill();
    const random = randomOf('independent generator');
    for (let person = 0; person < 3; person++) {
      const who = await enrolled(service);
      await service.advance(Math.floor(random() * 86_400));
      const totp = independentCode(who.seed, await secondsNow(service));
      expect((await factor(service, { ticket: await ticketOf(service, who.person), totp })).status).toBe(200);
    }
  });
});

it('the third wrong code after a right password is a mail to the owner, and so are few others', async () => {
  const service = await startStill();
  const { person, wrongCode, code } = await enrolled(service);
  const mails = () => service.log.filter(({ kind, to }) => kind === 'wrong_factor' && to === person.email);
  const ticket = await ticketOf(service, person);
  for (let wrong = 0; wrong < 2; wrong++) await factor(service, { ticket, totp: await wrongCode() });
  expect((await factor(service, { ticket, totp: await code() })).status).toBe(200);
  await service.advance(60);
  for (let wrong = 1; wrong <= 9; wrong++) {
    await service.advance(301);
    await factor(service, { ticket: await ticketOf(service, person), totp: await wrongCode() });
    if (wrong === 3) await until('the owner has a mail', () => mails().length === 1);
  }
  expect(mails()).toHaveLength(1);
  expect(mails()[0]?.['text']).toMatch(/wrong codes/);
});

it('a disabled user, and one whose session ended meanwhile, get nothing for a right code', async () => {
  const service = await startStill();
  const one = await enrolled(service);
  const ticket = await ticketOf(service, one.person);
  await service.query('UPDATE users SET disabled_at = protocol_now() WHERE id = $1', [one.userId]);
  expect((await factor(service, { ticket, totp: await one.code() })).json['code']).toBe('factor_ticket_invalid');
  const other = await enrolled(service);
  const signedIn = await factor(service, { ticket: await ticketOf(service, other.person), totp: await other.code() });
  const headers = bearer(signedIn.json['accessToken']);
  const body = { password: other.person.password };
  const asked = await call(service.url, 'POST', '/auth/reauthenticate', { body, headers });
  await call(service.url, 'POST', '/auth/logout', { headers });
  await service.advance(60);
  const late = await factor(service, { ticket: asked.json['ticket'], totp: await other.code() });
  expect(late.json['code']).toBe('factor_ticket_invalid');
});

it('tickets that are over and seeds that were never confirmed are purged, by their indexes', async () => {
  const service = await startServiceForTest();
  const { person, userId } = await enrolled(service);
  await ticketOf(service, person);
  const phone = await mobile(service.url);
  await service.app.get(TotpAuthenticators, { strict: false }).begin(phone.user.id, null);
  const purge = service.app.get(FactorsPurge, { strict: false });
  const counts = () =>
    service.query(
      'SELECT (SELECT count(*)::int FROM factor_tickets), (SELECT count(*)::int FROM totp_authenticators) AS totp',
    );
  await purge.round();
  expect(await counts()).toEqual([{ count: 1, totp: 2 }]);
  await service.advance(601);
  await purge.round();
  expect(await counts()).toEqual([{ count: 0, totp: 1 }]);
  expect(await service.query('SELECT user_id FROM totp_authenticators')).toEqual([{ user_id: userId }]);
});

const secondsNow = async (service: Service) => {
  const [row] = await service.query<{ now: number }>('SELECT extract(epoch FROM protocol_now())::float AS now');
  return Math.floor(row?.now ?? 0);
};

/** Of a step. */
async function toSecond(service: Service, second: number): Promise<void> {
  const now = await secondsNow(service);
  await service.advance((((second - now) % STEP_SECONDS) + STEP_SECONDS) % STEP_SECONDS);
}

/** Of oathtool, where it is installed. */
function independentCode(seed: Buffer, seconds: number): string {
  const program = ['/usr/bin/oathtool', '/usr/local/bin/oathtool', '/opt/homebrew/bin/oathtool'].find((path) =>
    existsSync(path),
  );
  if (program === undefined) return codeOf(seed, Math.floor(seconds / STEP_SECONDS));
  const args = ['--totp=sha1', '--digits=6', `--now=@${seconds}`, seed.toString('hex')];
  return execFileSync(program, args, { encoding: 'utf8' }).trim();
}
