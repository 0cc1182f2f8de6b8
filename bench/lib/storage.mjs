// Reads PostgreSQL's own counters of the sessions' table: sizes, WAL, rows, HOT updates.
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

/** Bytes of WAL so far. Never combine it with a count of rows: reading a table prunes it, which writes WAL. */
export async function walOf({ owner }) {
  const { rows } = await owner.query(`SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS wal`);
  return rows[0].wal;
}

/** Connections report their counts after ten seconds of idleness. */
export const countsAreReported = () => sleep(12_000);

/** Runs `work` without autovacuum, whose WAL would count as that of the refreshes. */
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
