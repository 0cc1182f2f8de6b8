// Measures what a page of users or events costs an administrator: a million users, millions of events, each shape of search.
// Usage: npm run bench:admin [-- users events]. Prints a table, and each plan's index.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { built } from './lib/built.mjs';
import { startEmbeddedPostgres, startInProcess } from './lib/in-process.mjs';

const [USERS = 1_000_000, EVENTS = 3_000_000] = process.argv.slice(2).map(Number);
const MONTHS = 12;
const ROUNDS = 100;
const LIMIT = 50;
const TARGET_MS = 50;

const { boundedPage, alongIndex } = await built('admin/bounded-page.js');
const { scanOfEvents } = await built('admin/event-search.js');
const { scanOfUsers } = await built('admin/user-search.js');
const { SealedCursors } = await built('admin/sealed-cursors.js');
const { Database } = await built('database/database.js');
const { sql } = await import('drizzle-orm');

const started = performance.now();
const folder = mkdtempSync(join(tmpdir(), 'watchword-bench-'));
const server = await startEmbeddedPostgres({ folder, settings: ['max_wal_size=4GB', 'shared_buffers=512MB'] });
const { app, url } = await startInProcess(server, { MFA_REQUIRED_ROLES: 'none', REGISTRATION: 'open' });
const database = new pg.Client({ connectionString: server.ownerUrl });
await database.connect();

/** The indexes come back after the rows, which takes half the time. */
async function withoutIndexes(names, fill) {
  const { rows } = await database.query(
    `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname = ANY($1)`,
    [names],
  );
  for (const { indexname } of rows) await database.query(`DROP INDEX ${indexname}`);
  await fill();
  for (const { indexdef } of rows) await database.query(indexdef.replace(' ON ONLY ', ' ON '));
}

async function fill() {
  const ofUsers = ['users_email_order', 'users_role_email', 'users_disabled_email', 'users_pending_until'];
  // One in 50 is disabled, one in 10,000 is an auditor.
  await withoutIndexes(ofUsers, () =>
    database.query(
      `INSERT INTO users (id, email, role, disabled_at)
       SELECT uuidv7(), md5(n::text) || '@example.com', CASE WHEN n % 10000 = 0 THEN 'auditor' ELSE 'user' END,
              CASE WHEN n % 50 = 1 THEN now() END
         FROM generate_series(1, $1::int) n`,
      [USERS],
    ),
  );
  for (let month = 1; month <= MONTHS; month++)
    await database.query(
      `DO $$ DECLARE m timestamptz := date_trunc('month', now()) - interval '${month} months'; BEGIN
         EXECUTE format('CREATE TABLE audit_events_%s PARTITION OF audit_events FOR VALUES FROM (%L) TO (%L)',
                        to_char(m, 'YYYY_MM'), m, m + interval '1 month'); END $$`,
    );
  // A thousandth is one user's, a thousandth of one type, a ten-thousandth from one address.
  await withoutIndexes(['audit_events_at', 'audit_events_type', 'audit_events_ip'], () =>
    database.query(
      `INSERT INTO audit_events (user_id, id, at, type, outcome, ip, user_agent, request_id, details)
       SELECT CASE WHEN n % 1000 = 0 THEN $2::uuid ELSE gen_random_uuid() END, uuidv7(),
              now() - n * (interval '1 month' * ${MONTHS - 1} / $1::int),
              (ARRAY['login.succeeded','login.failed','session.ended','password.changed'])[1 + n % 4], 'success',
              CASE WHEN n % 10000 = 0 THEN '192.0.2.7' ELSE '10.0.0.0'::inet + n % 1000000 END,
              'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36', gen_random_uuid(), '{"methods":["pwd"]}'
         FROM generate_series(1, $1::int) n`,
      [EVENTS, someone],
    ),
  );
  await database.query(`UPDATE audit_events SET type = 'role.changed' WHERE user_id = $1`, [someone]);
  await database.query('ANALYZE users, audit_events');
}

const someone = randomUUID();
const post = async (path, body) => {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
};

const hex = () => randomUUID().replaceAll('-', '');
const microsOf = (share) => String(Math.round((Date.now() - share * (MONTHS - 1) * 30 * 86_400_000) * 1_000));
/**
 * [name, list, filters, where a page begins: undefined at the first one]
 * @type {[string, 'users' | 'events', Record<string, any>, () => string | undefined][]}
 */
const shapes = [
  ['users: first page', 'users', {}, () => undefined],
  ['users: anywhere in the middle', 'users', {}, () => `${hex()}@example.com`],
  ['users: last page', 'users', {}, () => 'ffff'],
  ['users: prefix of three characters', 'users', { email: () => hex().slice(0, 3) }, () => undefined],
  ['users: rare role', 'users', { role: 'auditor' }, () => hex()],
  ['users: common role, middle', 'users', { role: 'user' }, () => hex()],
  ['users: disabled, middle', 'users', { disabled: true }, () => hex()],
  ['users: not disabled, middle', 'users', { disabled: false }, () => hex()],
  ['users: rare role and disabled, which fits nobody', 'users', { role: 'auditor', disabled: true }, () => hex()],
  ['events: first page', 'events', {}, () => undefined],
  ['events: anywhere in the middle', 'events', {}, () => `${microsOf(Math.random())} ${randomUUID()}`],
  ['events: last page', 'events', {}, () => `${microsOf(0.99999)} ${randomUUID()}`],
  ['events: one user', 'events', { user: someone }, () => `${microsOf(Math.random())} ${randomUUID()}`],
  [
    'events: frequent type, middle',
    'events',
    { type: 'login.failed' },
    () => `${microsOf(Math.random())} ${randomUUID()}`,
  ],
  ['events: rare type', 'events', { type: 'role.changed' }, () => `${microsOf(Math.random())} ${randomUUID()}`],
  ['events: one address', 'events', { ip: '192.0.2.7' }, () => `${microsOf(Math.random() / 2)} ${randomUUID()}`],
  ['events: a user and a type that fits none', 'events', { user: someone, type: 'login.failed' }, () => undefined],
];

const valuesOf = (filters) =>
  Object.fromEntries(
    Object.entries(filters).map(([name, value]) => [name, typeof value === 'function' ? value() : value]),
  );

async function pathOf(list, filters, place) {
  const cursors = app.get(SealedCursors, { strict: false });
  const after = place && (await cursors.seal(place, { route: list, filters }));
  const query = Object.entries({ ...filters, limit: LIMIT, ...(after ? { after } : {}) });
  return `/admin/${list}?${new URLSearchParams(query.map(([name, value]) => [name, String(value)]))}`;
}

const atShare = (times, share) => times.toSorted((a, b) => a - b)[Math.floor(share * times.length)].toFixed(1);
const both = (times) => `${atShare(times, 0.5)} | ${atShare(times, 0.99)}`;

/** PostgreSQL's own clock, and the index that had rows. */
async function explained(list, { user: userId, ...filters }, place) {
  const scan = list === 'users' ? scanOfUsers(filters, place) : scanOfEvents({ ...filters, userId }, place);
  const statement = sql`explain (analyze, timing off) ${boundedPage(scan, LIMIT)}`;
  const lines = (await alongIndex(app.get(Database), statement)).map((row) => row['QUERY PLAN']);
  const used = lines.flatMap(
    (line) => /(?:using|Bitmap.* on|Seq Scan on) (\S+) .*actual rows=(?!0(?:\.00)? )/.exec(line)?.[1] ?? [],
  );
  const [time] = lines.flatMap((line) => /Execution Time: (\S+)/.exec(line)?.[1] ?? []);
  return { indexes: used.map((name) => name.replace(/_20\d\d_\d\d/, '')), ms: Number(time) };
}

try {
  const who = { email: 'bench@admins.example', password: 'a passphrase of the bench' };
  await post('/auth/register', who);
  await database.query(`UPDATE users SET role = 'admin' WHERE email = $1`, [who.email]);
  await fill();
  console.log(`${USERS} users and ${EVENTS} events in ${Math.round((performance.now() - started) / 1_000)} s`);
  const { accessToken } = await post('/auth/login', { ...who, transport: 'bearer' });
  const get = async (path) => {
    const from = performance.now();
    const answer = await fetch(url + path, { headers: { authorization: `Bearer ${accessToken}` } });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return performance.now() - from;
  };
  console.log('| page | median ms | p99 ms | in PostgreSQL: median | p99 | index |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  const bare = [];
  for (let round = 0; round < ROUNDS; round++) bare.push(await get('/admin/keys'));
  console.log(`| for comparison: a route without a list | ${both(bare)} | | | |`);
  const missed = [];
  for (const [name, list, given, place] of shapes) {
    const [times, statements, indexes] = [[], [], new Set()];
    for (let round = 0; round < ROUNDS; round++) {
      const [filters, from] = [valuesOf(given), place()];
      times.push(await get(await pathOf(list, filters, from)));
      const plan = await explained(list, filters, from);
      statements.push(plan.ms);
      for (const index of plan.indexes) indexes.add(index);
    }
    console.log(
      `| ${name} | ${both(times)} | ${both(statements)} | ${[...indexes].map((index) => `\`${index}\``).join(', ')} |`,
    );
    if (Number(atShare(times, 0.99)) > TARGET_MS) missed.push(name);
  }
  const load = loadavg().map((each) => each.toFixed(1));
  console.log(`Node ${process.version}, ${cpus().length} cores, load ${load.join(' ')}, ${new Date().toISOString()}`);
  console.log(
    missed.length === 0 ? `Each p99 is under ${TARGET_MS} ms.` : `Over ${TARGET_MS} ms: ${missed.join('; ')}`,
  );
} finally {
  await database.end();
  await app.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
