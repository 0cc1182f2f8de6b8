// A mailed link works once, for what it was made for, while the user is as they were then (on real PostgreSQL).
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AccountStatus } from '../src/accounts/account-status.js';
import { Database } from '../src/database/database.js';
import { inTransaction } from '../src/database/transactions.js';
import { type TokenPurpose, tokenPurposes } from '../src/database/schema/vocabularies.js';
import { SessionEnd } from '../src/sessions/session-end.js';
import { formatOneTimeToken } from '../src/tokens/one-time-token.js';
import { OneTimeTokens } from '../src/tokens/one-time-tokens.js';
import { expiredTokens, OneTimeTokensPurge } from '../src/tokens/one-time-tokens-purge.js';
import { Metrics } from '../src/telemetry/metrics.js';
import { register } from './support/client.js';
import { mailed } from './support/one-time-tokens.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { plansOf } from './support/purging.js';
import { cloneDatabase, type Service, startService, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

const caller = { ip: null, userAgent: null, requestId: uuidv7() };

let proxy: PostgresProxy;
let service: Service;
beforeAll(async () => {
  proxy = await PostgresProxy.before(await cloneDatabase());
  service = await startService({}, { databaseUrl: proxy.url });
});
afterAll(async () => {
  await service.stop();
  proxy.close();
});

async function newUser(of = service): Promise<string> {
  const { email } = await register(of.url);
  const [row] = await of.query<{ id: string }>('SELECT id FROM users WHERE email = $1', [email]);
  return row?.id ?? '';
}

const tokens = () => service.app.get(OneTimeTokens);
const look = (token: string, purpose: TokenPurpose) => tokens().look(token, purpose);
const spend = (token: string, purpose: TokenPurpose, of = service) =>
  inTransaction(of.app.get(Database), (tx) => of.app.get(OneTimeTokens).spend(tx, token, purpose));

/** Looks before it spends, as every flow does. */
async function isGood(token: string, purpose: TokenPurpose): Promise<boolean> {
  const [seen, spent] = [await look(token, purpose), await spend(token, purpose)];
  expect(seen).toEqual(spent);
  return spent !== undefined;
}

describe('a one-time token', () => {
  it('works once, and tells what it was made with', async () => {
    const userId = await newUser();
    const { token, wanted } = await mailed(service, userId, 'verify', { data: { path: 'x' } });
    const { address, boundEmail, sessionEpoch, data } = wanted;
    expect(await look(token, 'verify')).toEqual({ userId, address, boundEmail, sessionEpoch, data });
    expect(await spend(token, 'verify')).toEqual({ userId, address, boundEmail, sessionEpoch, data });
    expect(await isGood(token, 'verify')).toBe(false);
  });

  it('of one purpose is good for no other', async () => {
    const userId = await newUser();
    for (const purpose of tokenPurposes) {
      const { token } = await mailed(service, userId, purpose);
      for (const other of tokenPurposes.filter((each) => each !== purpose))
        expect([purpose, other, await isGood(token, other)]).toEqual([purpose, other, false]);
      expect([purpose, await isGood(token, purpose)]).toEqual([purpose, true]);
    }
  });

  it("of one user never opens another's row", async () => {
    const [mine, theirs] = [await newUser(), await newUser()];
    const { secret } = await mailed(service, mine, 'reset');
    await mailed(service, theirs, 'reset');
    expect(await isGood(formatOneTimeToken({ purpose: 'reset', userId: theirs, secret }), 'reset')).toBe(false);
  });

  it('that is garbage costs no query', async () => {
    const { token } = await mailed(service, await newUser(), 'reset');
    const statements = /one_time_tokens/;
    const before = proxy.count(statements);
    for (const garbage of ['', 'x', token.slice(0, -1), `${token}=`, token.replace('wot_', 'wrt_'), 'x'.repeat(60_000)])
      expect(await look(garbage, 'reset')).toBeUndefined();
    expect(await look(token, 'verify')).toBeUndefined();
    expect(proxy.count(statements)).toBe(before);
  });

  it('is stored as a hash only', async () => {
    const { token, secret } = await mailed(service, await newUser(), 'reset');
    const rows = await service.query<{ row: string }>('SELECT t::text AS row FROM one_time_tokens t');
    const dump = rows.map(({ row }) => row).join('\n');
    for (const text of [token, token.slice(4), secret.toString('hex'), secret.toString('base64')])
      expect(dump).not.toContain(text);
  });

  it('expires', async () => {
    const own = await startServiceForTest();
    const { token } = await mailed(own, await newUser(own), 'reset', { lifeSeconds: 1_800 });
    await own.advance(1_799);
    expect(await own.app.get(OneTimeTokens).look(token, 'reset')).toBeDefined();
    await own.advance(2);
    expect(await own.app.get(OneTimeTokens).look(token, 'reset')).toBeUndefined();
    expect(await spend(token, 'reset', own)).toBeUndefined();
  });

  it.each([
    ['the address has changed', `UPDATE users SET email = 'moved-' || email WHERE id = $1`],
    ['the epoch has moved', 'UPDATE users SET session_epoch = session_epoch + 1 WHERE id = $1'],
    ['the user is disabled', 'UPDATE users SET disabled_at = now() WHERE id = $1'],
    ['the user is gone', 'DELETE FROM users WHERE id = $1'],
  ])('is void once %s (T2)', async (_, statement) => {
    const userId = await newUser();
    const { token } = await mailed(service, userId, 'reset');
    await service.query(statement, [userId]);
    expect(await isGood(token, 'reset')).toBe(false);
  });

  it('bound to neither address nor epoch survives both', async () => {
    const userId = await newUser();
    const { token } = await mailed(service, userId, 'freeze', { boundEmail: null, sessionEpoch: null });
    await service.query(`UPDATE users SET email = 'moved-' || email, session_epoch = 9 WHERE id = $1`, [userId]);
    expect(await isGood(token, 'freeze')).toBe(true);
  });

  it('of a purpose that was killed is void, and the others live', async () => {
    const userId = await newUser();
    const [reset, verify, freeze] = [
      await mailed(service, userId, 'reset'),
      await mailed(service, userId, 'verify'),
      await mailed(service, userId, 'freeze'),
    ];
    await tokens().kill(service.app.get(Database), userId, ['reset', 'magic']);
    expect(await isGood(reset.token, 'reset')).toBe(false);
    expect(await isGood(verify.token, 'verify')).toBe(true);
    expect(await isGood(freeze.token, 'freeze')).toBe(true);
  });
});

describe('a further request', () => {
  it('supersedes the one before', async () => {
    const userId = await newUser();
    const first = await mailed(service, userId, 'reset');
    const second = await mailed(service, userId, 'reset');
    expect([first.isWanted, second.isWanted]).toEqual([true, true]);
    expect(await isGood(first.token, 'reset')).toBe(false);
    expect(await isGood(second.token, 'reset')).toBe(true);
  });

  it('that is older but comes late never wins, whether the newer link is used or not', async () => {
    const userId = await newUser();
    const older = uuidv7();
    const { token } = await mailed(service, userId, 'reset');
    expect((await mailed(service, userId, 'reset', { request: older })).isWanted).toBe(false);
    expect(await isGood(token, 'reset')).toBe(true);
    const late = await mailed(service, userId, 'reset', { request: older });
    expect(late.isWanted).toBe(false);
    expect(await isGood(late.token, 'reset')).toBe(false);
  });

  it('of the same mail gives the same working link, until the link is used: then it is not revived', async () => {
    const userId = await newUser();
    const { token, secret, wanted } = await mailed(service, userId, 'reset');
    const again = await mailed(service, userId, 'reset', { request: wanted.request, secret });
    expect([again.isWanted, again.token]).toEqual([true, token]);
    expect(await isGood(token, 'reset')).toBe(true);
    expect((await mailed(service, userId, 'reset', { request: wanted.request, secret })).isWanted).toBe(false);
    expect(await isGood(token, 'reset')).toBe(false);
  });

  it.each([
    ['its link was killed', 'UPDATE one_time_tokens SET used_at = now() WHERE user_id = $1'],
    ['the password was changed', 'UPDATE users SET session_epoch = session_epoch + 1 WHERE id = $1'],
    ['the address was changed', `UPDATE users SET email = 'moved-' || email WHERE id = $1`],
  ])('of the same mail is not sent once %s', async (_, statement) => {
    const userId = await newUser();
    const { secret, wanted } = await mailed(service, userId, 'reset');
    await service.query(statement, [userId]);
    expect((await mailed(service, userId, 'reset', { request: wanted.request, secret })).isWanted).toBe(false);
  });

  it('of nobody writes nothing', async () => {
    const { wanted } = await mailed(service, await newUser(), 'reset');
    const nobody = { ...wanted, userId: uuidv7(), request: uuidv7() };
    expect(await tokens().request(service.app.get(Database), nobody)).toBe(false);
  });

  it('supersedes no freeze link: each former address has one, and each is used once', async () => {
    const own = await startServiceForTest();
    const userId = await newUser(own);
    const unbound = { boundEmail: null, sessionEpoch: null, lifeSeconds: 3_600 };
    const links = [await mailed(own, userId, 'freeze', unbound), await mailed(own, userId, 'freeze', unbound)];
    expect(links.map(({ isWanted }) => isWanted)).toEqual([true, true]);
    const { request } = links[0]?.wanted ?? { request: '' };
    expect((await mailed(own, userId, 'freeze', { ...unbound, ...links[0], request })).isWanted).toBe(true); // sent again
    for (const { token } of links) {
      expect(await spend(token, 'freeze', own)).toBeDefined();
      expect(await spend(token, 'freeze', own)).toBeUndefined();
    }
    expect((await mailed(own, userId, 'freeze', { ...unbound, ...links[0], request })).isWanted).toBe(false);
  });

  it('of 20 at once leaves the newest, in whatever order they arrive', async () => {
    const userId = await newUser();
    const requests = Array.from({ length: 20 }, () => uuidv7());
    const shuffled = requests.toSorted((a, b) => a.slice(-6).localeCompare(b.slice(-6)));
    const all = await Promise.all(shuffled.map((request) => mailed(service, userId, 'reset', { request })));
    const newest = all.find(({ wanted }) => wanted.request === requests.at(-1));
    for (const { token } of all.filter((each) => each !== newest)) expect(await look(token, 'reset')).toBeUndefined();
    expect(await isGood(newest?.token ?? '', 'reset')).toBe(true);
  });
});

describe('presented at the same time', () => {
  it('20 times, a token is spent once (T1)', async () => {
    for (let round = 0; round < 10; round++) {
      const { token } = await mailed(service, await newUser(), 'reset');
      const spent = await Promise.all(Array.from({ length: 20 }, () => spend(token, 'reset')));
      expect(spent.filter((each) => each !== undefined)).toHaveLength(1);
    }
  });

  it.each([
    ['the disabling of the user', (userId: string) => status().disable(userId, { by: 'operator', caller: caller })],
    ['the end of all sessions', (userId: string) => service.app.get(SessionEnd).allOf(userId, 'logout_all', caller)],
  ])('with %s, which comes first, it is void', async (_, act) => {
    const userId = await newUser();
    const { token } = await mailed(service, userId, 'reset');
    const pause = proxy.pauseBefore(/commit/i);
    onTestFinished(() => pause.release());
    const acting = act(userId);
    expect(await pause.arrivesDuring(acting)).toBe(true);
    const spending = spend(token, 'reset');
    await until('the spend waits for the user', async () => {
      const waiting = await service.query(
        `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
      );
      return waiting.length > 0;
    });
    pause.release();
    await acting;
    expect(await spending).toBeUndefined();
  });
});

const status = () => service.app.get(AccountStatus);

describe('the purge', () => {
  it('deletes what has expired, used or not, and reads no more than its batch', async () => {
    const own = await startServiceForTest();
    const [keep, unused, used] = [await newUser(own), await newUser(own), await newUser(own)];
    await mailed(own, keep, 'reset', { lifeSeconds: 7_200 });
    await mailed(own, unused, 'reset');
    const { token } = await mailed(own, used, 'reset');
    await spend(token, 'reset', own);
    const purge = own.app.get(OneTimeTokensPurge);
    await purge.round();
    const left = () => own.query<{ user_id: string }>('SELECT user_id FROM one_time_tokens');
    expect(await left()).toHaveLength(3);
    await own.advance(1_801);
    await purge.round();
    expect(await left()).toEqual([{ user_id: keep }]);
    expect(await own.app.get(Metrics).registry.metrics()).toContain('{kind="one_time_token"} 2');
  });

  it('finds its rows by the index, among many', async () => {
    const own = await startServiceForTest();
    await own.query(`
      WITH people AS (INSERT INTO users (id, email) SELECT gen_random_uuid(), n || '@example.com'
        FROM generate_series(1, 20000) n RETURNING id)
      INSERT INTO one_time_tokens (user_id, purpose, request, hash, address, expires_at)
      SELECT id, 'reset', gen_random_uuid(), '\\x00', 'x@example.com', now() + random() * interval '30 minutes' FROM people`);
    await own.query('ANALYZE one_time_tokens');
    const { find, remove } = await plansOf(own, expiredTokens);
    expect(find).toMatch(/Index .*(using|on) one_time_tokens_expires_at/);
    expect(remove).toContain('Index');
    expect(find + remove).not.toContain('Seq Scan on one_time_tokens');
  });
});
