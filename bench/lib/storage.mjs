// What does PostgreSQL itself count of the sessions' table? Sizes, WAL, rows, updates in place.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

export async function storageOf(ownerUrl) {
  const database = new pg.Client({ connectionString: ownerUrl });
  await database.connect();
  try {
    const { rows } = await database.query(`
      SELECT (SELECT count(*)::int FROM refresh_tokens) AS rows, n_tup_upd::int AS updates, n_tup_hot_upd::int AS hot,
             pg_table_size('refresh_tokens') / 1e6::float8 AS "tableMB", pg_indexes_size('refresh_tokens') / 1e6::float8 AS "indexMB"
        FROM pg_stat_user_tables WHERE relname = 'refresh_tokens'`);
    return rows[0];
  } finally {
    await database.end();
  }
}

/** Bytes of WAL so far. Never in one query with a count of rows: reading a table tidies it up, which writes WAL of its own. */
export async function walOf({ owner }) {
  const { rows } = await owner.query(`SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS wal`);
  return rows[0].wal;
}

/** Connections report what they did when they have been idle for ten seconds. */
export const countsAreReported = () => sleep(12_000);

/** Runs `work` while autovacuum waits, whose own WAL would be counted as the refreshes'. */
export async function withoutAutovacuum({ owner }, work) {
  const set = async (value) => {
    await owner.query(`ALTER SYSTEM SET autovacuum = ${value}`);
    await owner.query('SELECT pg_reload_conf()');
  };
  await set('off');
  try {
    return await work();
  } finally {
    await set('DEFAULT');
  }
}
