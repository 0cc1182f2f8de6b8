// What lies in the database: how much, and that nothing in it opens anything.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { decode, mobile, refresh } from './support/client.js';
import { startServiceForTest } from './support/service.js';

it('R10: storage grows with sessions and not with refreshes: rotations are HOT updates and add no row', async () => {
  const service = await startServiceForTest({ RATE_LIMITS: 'off' });
  const phones = await Promise.all(Array.from({ length: 10 }, () => mobile(service.url)));
  await service.query('VACUUM ANALYZE refresh_tokens');
  const figures = async () => {
    const [row] = await service.query<{ updates: number; hot: number; live: number; bytes: number }>(
      `SELECT n_tup_upd::int AS updates, n_tup_hot_upd::int AS hot, (SELECT count(*)::int FROM refresh_tokens) AS live,
              pg_indexes_size('refresh_tokens')::int AS bytes
         FROM pg_stat_user_tables WHERE relname = 'refresh_tokens'`,
    );
    return row ?? { updates: 0, hot: 0, live: 0, bytes: 0 };
  };
  const before = await figures();
  await Promise.all(
    phones.map(async (phone) => {
      let token = phone.refreshToken;
      for (let spent = 0; spent < 200; spent++) token = (await refresh(service.url, token)).json['refreshToken'];
    }),
  );
  // The pool's connections report their counts a second after their last statement.
  let after = await figures();
  for (let tries = 0; tries < 100 && after.updates - before.updates < 2_000; tries++) {
    await sleep(100);
    await Promise.all(phones.map(() => service.query('SELECT 1')));
    after = await figures();
  }
  const updates = after.updates - before.updates;
  expect(updates).toBeGreaterThanOrEqual(2_000);
  expect((after.hot - before.hot) / updates).toBeGreaterThanOrEqual(0.95);
  expect([after.live, after.bytes]).toEqual([before.live, before.bytes]);
});

it('R9: no table holds a token, a selector, a secret or a password in any form that could be used', async () => {
  const service = await startServiceForTest();
  const phone = await mobile(service.url);
  const next = (await refresh(service.url, phone.refreshToken)).json;
  const tables = await service.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
  );
  expect(tables.map(({ name }) => name)).toContain('refresh_tokens');
  let dump = '';
  for (const { name } of tables) dump += JSON.stringify(await service.query(`SELECT t::text FROM ${name} t`));

  const secrets = [phone.person.password, phone.accessToken, decode(phone.accessToken)['jti'] as string];
  for (const text of [phone.refreshToken, next['refreshToken'] as string]) {
    const bytes = Buffer.from(text.slice(4), 'base64url');
    for (const part of [bytes.subarray(16, 32), bytes.subarray(36, 68)]) {
      secrets.push(part.toString('hex'), part.toString('base64'), part.toString('base64url'));
    }
    secrets.push(text, text.slice(4));
  }
  for (const secret of secrets) expect(dump).not.toContain(secret);
  expect(dump).toContain(phone.session.id);
});
