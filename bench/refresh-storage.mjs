// Measures the cost of a refresh in the database: WAL, HOT updates, rows and statements, counted by PostgreSQL.
// Usage: npm run bench:storage [-- rotations]. Writes bench/results/storage.json.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres, startInProcess } from './lib/in-process.mjs';

const ROTATIONS = Number(process.argv[2] ?? 10_000);
const SESSIONS = 100;
const RESULTS = 'bench/results/storage.json';

const folder = mkdtempSync(join(tmpdir(), 'watchword-bench-'));
// With production settings, except that autovacuum is off: its WAL would count as that of the refreshes.
const server = await startEmbeddedPostgres({ folder, settings: ['autovacuum=off', 'max_wal_size=4GB'] });
const { app, url } = await startInProcess(server);
const database = new pg.Client({ connectionString: server.ownerUrl });
await database.connect();

async function post(path, body) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function figures() {
  // Connections report their counts after a moment of idleness.
  await new Promise((later) => setTimeout(later, 12_000));
  const { rows } = await database.query(`
    SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS wal, n_tup_upd::int AS updates, n_tup_hot_upd::int AS hot,
           (SELECT count(*)::int FROM refresh_tokens) AS rows,
           (SELECT xact_commit::int FROM pg_stat_database WHERE datname = current_database()) AS commits
      FROM pg_stat_user_tables WHERE relname = 'refresh_tokens'`);
  if (!rows[0]) throw new Error('no statistics');
  return rows[0];
}

try {
  const who = { email: 'bench@example.com', password: 'a passphrase of the bench' };
  await post('/auth/register', who);
  const tokens = [];
  for (let session = 0; session < SESSIONS; session++)
    tokens.push((await post('/auth/login', { ...who, transport: 'bearer' }))['refreshToken'] ?? '');

  const spend = async (from, count) => {
    for (let spent = 0; spent < count; spent++)
      for (let session = from; session < SESSIONS; session += 10)
        tokens[session] = (await post('/auth/refresh', { refreshToken: tokens[session] }))['refreshToken'] ?? '';
  };
  const round = (count) => Promise.all(Array.from({ length: 10 }, (_, from) => spend(from, count)));

  await database.query('VACUUM ANALYZE');
  await database.query('CHECKPOINT');
  await round(2); // the first change of a page after a checkpoint writes the whole page
  const before = await figures();
  const started = performance.now();
  await round(ROTATIONS / SESSIONS);
  const seconds = (performance.now() - started) / 1_000;
  const after = await figures();

  const updates = after.updates - before.updates;
  const per = (total) => total / ROTATIONS;
  const targets = [
    {
      name: 'HOT share of rotations',
      target: '>= 0.95',
      measured: (after.hot - before.hot) / updates,
      met: (x) => x >= 0.95,
    },
    {
      name: 'rows added per refresh',
      target: '0',
      measured: per(after.rows - before.rows),
      met: (x) => x === 0,
    },
    {
      name: 'WAL bytes per refresh',
      target: '<= 450',
      measured: per(after.wal - before.wal),
      met: (x) => x <= 450,
    },
    {
      name: 'statements per refresh',
      target: '<= 1.01',
      measured: per(after.commits - before.commits),
      met: (x) => x <= 1.01,
    },
  ].map(({ met, measured, ...rest }) => ({
    ...rest,
    measured: Math.round(measured * 1_000) / 1_000,
    met: met(measured),
  }));
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const postgres = (await database.query('SHOW server_version')).rows[0];
  const machine = {
    ...{
      node: process.version,
      cores: cpus().length,
      processor: cpus()[0]?.model,
      postgres: Object.values(postgres ?? {})[0],
    },
    ...{
      watchword: version,
      rotations: ROTATIONS,
      sessions: SESSIONS,
      updates,
      rotationsPerSecond: Math.round(ROTATIONS / seconds),
    },
  };
  writeFileSync(RESULTS, `${JSON.stringify({ machine, targets }, null, 2)}\n`);
  console.log(JSON.stringify({ machine, targets }, null, 2));
  if (targets.some(({ met }) => !met)) process.exitCode = 1;
} finally {
  await database.end();
  await app.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
