// Databases with other settings, encodings and neighbours than the one that we develop on.
import { describe, expect, it, onTestFinished } from 'vitest';
import { bearer, call, mobile, refresh } from './support/client.js';
import { emptyDatabase, runAt } from './support/empty-database.js';
import { startService } from './support/service.js';
import { SERVICE_ROLE } from './support/settings.js';
import { smoke } from './support/smoke.js';

const hostile: Readonly<Record<string, string>> = {
  datestyle: `'SQL, DMY'`,
  intervalstyle: `'sql_standard'`,
  timezone: `'Asia/Kolkata'`,
  search_path: 'elsewhere, "$user", public',
  bytea_output: `'escape'`,
  standard_conforming_strings: 'off',
  default_transaction_isolation: `'serializable'`,
  transform_null_equals: 'on',
  client_encoding: `'LATIN1'`,
  lock_timeout: `'1ms'`,
  statement_timeout: `'60s'`,
};

async function hostileDatabase(options = '') {
  const { url, name } = await emptyDatabase(options);
  const settings = Object.entries(hostile).map(([key, value]) => `ALTER DATABASE ${name} SET ${key} = ${value}`);
  // A foreign search path must not lead to our objects first.
  const schemas = ['elsewhere', SERVICE_ROLE].map(
    (schema) => `CREATE SCHEMA ${schema}; GRANT ALL ON SCHEMA ${schema} TO PUBLIC`,
  );
  await runAt(url, ...schemas, ...settings);
  return url;
}

async function start(databaseUrl: string, settings: Record<string, string> = {}) {
  const service = await startService({ RATE_LIMITS: 'off', ...settings }, { databaseUrl });
  onTestFinished(() => service.stop());
  return service;
}

describe('a database with hostile settings', () => {
  it.each([
    ['UTF-8', '', 'Café 日本'],
    ['Latin 1', `ENCODING 'LATIN1' TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'`, 'Caf? ?'],
    ['no encoding', `ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'`, 'Caf? ?'],
  ])('in %s is migrated, and serves every act', async (_, options, agent) => {
    const databaseUrl = await hostileDatabase(options);
    const service = await start(databaseUrl);
    await smoke(service, 'Café 日本');
    expect(service.log.filter(({ level }) => level === 'error').map(({ event }) => event)).toEqual(['refresh.reused']);
    const [row] = await runAt<{ agent: string }>(
      databaseUrl,
      `SET client_encoding = 'UTF8'`,
      `SELECT user_agent AS agent FROM public.refresh_tokens WHERE revoked_reason = 'reuse'`,
    );
    expect(row?.agent).toBe(agent);
  });

  it('gets partitions of whole months in UTC, also from a session with another date format', async () => {
    const databaseUrl = await hostileDatabase();
    await start(databaseUrl);
    const [{ bad } = { bad: -1 }] = await runAt<{ bad: number }>(
      databaseUrl,
      `DROP TABLE public.audit_events_default CASCADE;
       SELECT 1`,
      `CREATE TABLE public.audit_events_default PARTITION OF public.audit_events DEFAULT`,
      `DO $$ DECLARE t text; BEGIN FOR t IN SELECT inhrelid::regclass::text FROM pg_inherits
         WHERE inhparent = 'public.audit_events'::regclass AND inhrelid::regclass::text !~ 'default'
         LOOP EXECUTE 'DROP TABLE ' || t; END LOOP; END $$`,
      `SELECT public.audit_rotate(120)`,
      `SET datestyle = 'ISO, YMD'; SET timezone = 'UTC'`,
      `SELECT count(*)::int AS bad FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
        WHERE i.inhparent = 'public.audit_events'::regclass AND c.relname !~ 'default'
          AND pg_get_expr(c.relpartbound, c.oid) NOT LIKE format('FOR VALUES FROM (''%s-01 00:00:00+00'') TO%%-01 00:00:00+00'')',
            replace(right(c.relname, 7), '_', '-'))`,
    );
    expect(bad).toBe(0);
  });

  it('under a serializable default loses no refresh to a conflict', async () => {
    const service = await start(await hostileDatabase());
    const phones = await Promise.all(Array.from({ length: 10 }, () => mobile(service.url)));
    const answers = await Promise.all(
      phones.flatMap(({ accessToken }) =>
        Array.from({ length: 5 }, () =>
          call(service.url, 'POST', '/auth/logout-all', { headers: bearer(accessToken) }),
        ),
      ),
    );
    expect(answers.filter(({ status }) => status === 503)).toEqual([]);
  });
});

describe('a database that other applications use as well', () => {
  it("is migrated although it has another drizzle application's journal, and only our tables are granted", async () => {
    const { url } = await emptyDatabase();
    await runAt(
      url,
      `CREATE ROLE a_neighbour_${process.pid}`,
      `CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
       INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('theirs', 9999999999999);
       CREATE TABLE public.invoices (a int); ALTER TABLE public.invoices OWNER TO a_neighbour_${process.pid}`,
    );
    await smoke(await start(url));
    const rights = await runAt(
      url,
      `SELECT has_table_privilege('${SERVICE_ROLE}', 'public.invoices', 'SELECT') AS theirs`,
    );
    expect(rights).toEqual([{ theirs: false }]);
    expect(await runAt(url, 'SELECT count(*)::int AS n FROM drizzle.__drizzle_migrations')).toEqual([{ n: 1 }]);
  });

  it("that an earlier release has migrated keeps its tables: the entries of drizzle's journal are copied", async () => {
    const { url } = await emptyDatabase();
    const first = await startService({}, { databaseUrl: url });
    const phone = await mobile(first.url);
    await first.stop();
    await runAt(
      url,
      `CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
       INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('theirs', 9999999999999);
       INSERT INTO drizzle.__drizzle_migrations (hash) SELECT hash FROM watchword_migrations.applied;
       DROP SCHEMA watchword_migrations CASCADE`,
    );
    const second = await start(url);
    expect((await refresh(second.url, phone.refreshToken)).status).toBe(200);
  });
});
