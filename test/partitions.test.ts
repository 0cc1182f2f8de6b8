// R10: the service runs on tables in four parts by hash, made by deploy/citus.sql itself with partitions in place of shards,
// and a refresh touches the parts of one user.
import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { applyMigrations } from '../src/database/migrate.js';
import { bearer, call, me, mobile, refresh } from './support/client.js';
import { emptyDatabase, runAt } from './support/empty-database.js';
import { type Service, startService } from './support/service.js';
import { SERVICE_ROLE } from './support/settings.js';
import { smoke } from './support/smoke.js';
import { until } from './support/until.js';

/** What Citus calls so makes partitions here. The trail of events has partitions by month already. */
const insteadOfCitus = `
  CREATE FUNCTION create_distributed_table(whole regclass, by text, colocate_with text) RETURNS void LANGUAGE plpgsql AS $$
  DECLARE
    name text := whole::text;
    triggers text[] := ARRAY(SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = whole AND NOT tgisinternal);
    each text;
  BEGIN
    IF (SELECT relkind = 'p' FROM pg_class WHERE oid = whole) THEN RETURN; END IF;
    EXECUTE format('ALTER TABLE %I RENAME TO %I', name, name || '_whole');
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL) PARTITION BY HASH (%I)', name, name || '_whole', by);
    FOR part IN 0..3 LOOP
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS 4, REMAINDER %s)',
                     name || '_' || part, name, part);
    END LOOP;
    EXECUTE format('INSERT INTO %I SELECT * FROM %I', name, name || '_whole');
    EXECUTE format('DROP TABLE %I', name || '_whole');
    FOREACH each IN ARRAY triggers LOOP EXECUTE each; END LOOP;
  END $$;
  CREATE FUNCTION create_reference_table(whole regclass) RETURNS void LANGUAGE sql AS '';
  CREATE FUNCTION citus_add_local_table_to_metadata(whole regclass) RETURNS void LANGUAGE sql AS '';`;

const ROUNDS = 40;

async function startOnPartitions(): Promise<Service> {
  const { url } = await emptyDatabase();
  await applyMigrations(url, SERVICE_ROLE);
  await runAt(url, insteadOfCitus, readFileSync('deploy/citus.sql', 'utf8'));
  await applyMigrations(url, SERVICE_ROLE);
  const service = await startService({}, { databaseUrl: url });
  onTestFinished(() => service.stop());
  return service;
}

/** How often each part was looked into. */
const looks = async (service: Service) =>
  new Map(
    (
      await service.query<{ name: string; looks: number }>(
        `SELECT relname AS name, (seq_scan + idx_scan)::int AS looks FROM pg_stat_user_tables
          WHERE relname ~ '^(refresh_tokens|users)_[0-3]$'`,
      )
    ).map(({ name, looks: number }) => [name, number]),
  );

it('on tables in four parts everything works, and a refresh touches one part of each (R10)', async () => {
  const service = await startOnPartitions();
  await smoke(service);

  // R1 and R3: of many parallel refreshes one rotates, and all are answered alike.
  const phone = await mobile(service.url);
  const answers = await Promise.all(Array.from({ length: 12 }, () => refresh(service.url, phone.refreshToken)));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  const [next, ...others] = new Set(answers.map(({ json }) => json['refreshToken'] as string));
  expect(others).toEqual([]);
  expect(await service.query('SELECT generation FROM refresh_tokens WHERE id = $1', [phone.session.id])).toEqual([
    { generation: 1 },
  ]);

  const before = await looks(service);
  let token = next ?? '';
  for (let round = 0; round < ROUNDS; round++)
    token = (await refresh(service.url, token)).json['refreshToken'] as string;
  // What was done before may be reported late, and a purge begins with the service: each is a few looks.
  const touched = async () => {
    const now = await looks(service);
    return [...now].filter(([name, number]) => number >= (before.get(name) ?? 0) + ROUNDS).map(([name]) => name);
  };
  await until('the connections have reported', async () => (await touched()).length >= 2);
  expect((await touched()).map((name) => name.slice(0, -2)).toSorted()).toEqual(['refresh_tokens', 'users']);

  // R2 and R7: a reused token ends its session alone, and a logout everywhere ends all.
  const second = await mobile(service.url, phone.person);
  expect((await refresh(service.url, phone.refreshToken)).json['code']).toBe('refresh_token_reused');
  expect((await refresh(service.url, token)).status).toBe(401);
  expect((await me(service.url, second.accessToken)).status).toBe(200);
  const everywhere = await call(service.url, 'POST', '/auth/logout-all', { headers: bearer(second.accessToken) });
  expect(everywhere.status).toBe(204);
  expect((await me(service.url, second.accessToken)).json['code']).toBe('token_revoked');
  expect((await refresh(service.url, second.refreshToken)).status).toBe(401);
});
