// The entries of users whose tokens ended all at once: every act writes one, whoever carries it out.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccountStatus } from '../src/accounts/account-status.js';
import { Purge } from '../src/sessions/purge.js';
import { SessionEnd } from '../src/sessions/session-end.js';
import { Database } from '../src/database/database.js';
import { inTransaction } from '../src/database/transactions.js';
import { bearer, call, mobile, refresh, register } from './support/client.js';
import { startStill } from './support/still-time.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { cloneDatabase, type Service, startService, startServiceForTest } from './support/service.js';

const operator = { ip: null, userAgent: 'cli ops@console', requestId: randomUUID() };
type Phone = Awaited<ReturnType<typeof mobile>>;

let service: Service;
beforeAll(async () => {
  service = await startService({ RATE_LIMITS: 'off' });
});
afterAll(() => service.stop());

const entriesOf = (at: Service, subject: string) =>
  at.query<{ from: number; seconds: number }>(
    `SELECT good_from::int AS from, extract(epoch FROM expires_at - protocol_now())::int AS seconds
       FROM revoked_subjects WHERE subject = $1`,
    [subject],
  );

describe('an entry for siblings is written by', () => {
  const acts: [name: string, act: (phone: Phone) => Promise<unknown>, from: number][] = [
    [
      'a logout of all devices',
      ({ accessToken }) => call(service.url, 'POST', '/auth/logout-all', { headers: bearer(accessToken) }),
      2,
    ],
    [
      'a new role',
      ({ user }) => service.app.get(AccountStatus).changeRole(user.id, 'admin', { by: 'operator', caller: operator }),
      2,
    ],
    [
      'being disabled',
      ({ user }) => service.app.get(AccountStatus).disable(user.id, { by: 'operator', caller: operator }),
      2,
    ],
    [
      'a change of the password',
      ({ accessToken, person }) =>
        call(service.url, 'POST', '/auth/password', {
          headers: bearer(accessToken),
          body: { currentPassword: person.password, newPassword: 'quite another passphrase' },
        }),
      2,
    ],
    [
      'the deletion of the account, which it outlives',
      ({ accessToken }) => call(service.url, 'DELETE', '/auth/me', { headers: bearer(accessToken) }),
      2_147_483_647,
    ],
    [
      "an operator's statement by hand",
      ({ user }) => service.query('UPDATE users SET token_version = token_version + 3 WHERE id = $1', [user.id]),
      4,
    ],
    [
      "an operator's deletion by hand",
      ({ user }) => service.query('DELETE FROM users WHERE id = $1', [user.id]),
      2_147_483_647,
    ],
  ];

  it.each(acts)('%s, for as long as a token could live', async (_, act, from) => {
    const phone = await mobile(service.url);
    await act(phone);
    const [entry, ...others] = await entriesOf(service, phone.user.id);
    expect([entry?.from, others]).toEqual([from, []]);
    expect(entry?.seconds).toBeGreaterThan(900 + 60);
    expect(entry?.seconds).toBeLessThanOrEqual(900 + 120);
  });

  it('two acts, once', async () => {
    const phone = await mobile(service.url);
    for (const role of ['admin', 'user'] as const)
      await service.app.get(AccountStatus).changeRole(phone.user.id, role, { by: 'operator', caller: operator });
    expect((await entriesOf(service, phone.user.id)).map(({ from }) => from)).toEqual([3]);
  });
});

it('an account that nobody has signed in to leaves no entry: a flood of registrations does not swell the feed', async () => {
  const own = await startServiceForTest();
  await register(own.url);
  await own.query('UPDATE users SET token_version = token_version + 1');
  await own.query('DELETE FROM users');
  expect(await own.query('SELECT FROM revoked_subjects')).toEqual([]);
});

it('an act that is rolled back leaves no entry', async () => {
  const phone = await mobile(service.url);
  const act = inTransaction(service.app.get(Database), async (tx) => {
    await tx.execute(`UPDATE users SET token_version = 9 WHERE id = '${phone.user.id}'`);
    throw new Error('no');
  });
  await expect(act).rejects.toThrow('no');
  expect(await entriesOf(service, phone.user.id)).toEqual([]);
});

describe("the end of everybody's sessions", () => {
  it('has one entry, and one for each user who was issued a token in that second', async () => {
    const own = await startStill({ RATE_LIMITS: 'off' });
    const before = [await mobile(own.url), await mobile(own.url)];
    const retried = await mobile(own.url);
    await refresh(own.url, retried.refreshToken);
    await own.advance(30);
    await refresh(own.url, retried.refreshToken); // a retry: a token of now, though the rotation was earlier
    const now = await mobile(own.url);
    const refreshed = await mobile(own.url, before[0]?.person);
    await own.app.get(SessionEnd).allOfEverybody('operator', operator);
    const rows = await own.query<{ subject: string }>('SELECT subject FROM revoked_subjects');
    const subjects = ['*', retried.user.id, now.user.id, refreshed.user.id];
    expect(rows.map(({ subject }) => subject).toSorted()).toEqual(subjects.toSorted());
    const [everybody] = await own.query(`SELECT good_from = floor(extract(epoch FROM protocol_now())) AS is_now
      FROM revoked_subjects WHERE subject = '*'`);
    expect(everybody).toEqual({ is_now: true });
  });

  it('does not miss a token that is being issued meanwhile', async () => {
    const proxy = await PostgresProxy.before(await cloneDatabase());
    const own = await startService({}, { databaseUrl: proxy.url });
    const phone = await mobile(own.url);
    await own.query(`UPDATE refresh_tokens SET rotated_at = rotated_at - interval '1 hour',
      authenticated_at = authenticated_at - interval '1 hour'`);
    // Everybody's entry is written, the user's counters have not moved yet: a token of the old version is issued.
    const held = proxy.pauseBefore(/update "users" set token_version/);
    const act = own.app.get(SessionEnd).allOfEverybody('operator', operator);
    await held.arrivesDuring(act);
    expect((await refresh(own.url, phone.refreshToken)).status).toBe(200);
    held.release();
    await act;
    expect((await entriesOf(own, phone.user.id)).map(({ from }) => from)).toEqual([2]);
    await own.stop();
    proxy.close();
  });
});

it('the purge removes entries that cover nothing any more, and no others', async () => {
  const own = await startServiceForTest();
  const early = await mobile(own.url);
  const revoke = ({ user }: Phone) =>
    own.app.get(AccountStatus).changeRole(user.id, 'admin', { by: 'operator', caller: operator });
  await revoke(early);
  await own.advance(1_000);
  const late = await mobile(own.url);
  await revoke(late);
  await own.advance(30);
  await own.app.get(Purge).run();
  const rows = await own.query<{ subject: string }>('SELECT subject FROM revoked_subjects');
  expect(rows.map(({ subject }) => subject)).toEqual([late.user.id]);
});
