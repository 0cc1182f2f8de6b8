// Measures how many refreshes PostgreSQL can do at best: pgbench runs the statements of one, taken from the log.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { refreshLoad } from './load.mjs';
import { output } from './processes.mjs';

/** Enough to distinguish a session's generation from the other numbers in the statements. */
const GENERATIONS = 57;

/**
 * @param subject a running Watchword @param sessions of its own, one for each client, which turns it as Watchword's would
 * @returns (mode, seconds) => { perSecond } of refreshes. Mode `prepared` plans a statement once, `extended` each time.
 */
export async function refreshStatements({ infrastructure, subject, sessions }) {
  const { ownerUrl } = subject.database;
  const script = join(infrastructure.folder, 'refresh.sql');
  const database = new pg.Client({ connectionString: ownerUrl });
  await database.connect();
  try {
    await refreshLoad({ subject, sessions, clients: sessions.length, count: GENERATIONS * sessions.length });
    const one = () => refreshLoad({ subject, sessions: sessions.slice(0, 1), clients: 1, count: 1 });
    const all = await captured(infrastructure, new URL(ownerUrl).pathname.slice(1), one);
    const userId = sessions[0].user.id;
    const statements = all.filter(({ parameters }) => parameters.includes(userId));
    if (statements.length === 0) throw new Error('No statement of a refresh was found in the log of PostgreSQL.');

    const ids = sessions.map(({ user }) => user.id);
    const { rows } = await database.query(
      `SELECT * FROM refresh_tokens WHERE user_id = ANY ($1) AND previous_token IS NOT NULL`,
      [ids],
    );
    writeFileSync(
      script,
      scriptOf(
        statements,
        rows.find((row) => row.user_id === userId),
      ),
    );
    await database.query('CREATE TABLE bench_clients (client int PRIMARY KEY, user_id uuid, family text)');
    await database.query(
      `INSERT INTO bench_clients SELECT n - 1, u, f FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS c (u, f, n)`,
      [rows.map((row) => row.user_id), rows.map((row) => row.family)],
    );
  } finally {
    await database.end();
  }
  return (mode, seconds) => pgbench({ script, ownerUrl, clients: sessions.length, mode, seconds });
}

/** @returns [{ sql, parameters }] of what `work` made the server execute in this database; undefined for NULL */
async function captured({ owner, postgresLog }, database, work) {
  const set = async (setting, value) => {
    await owner.query(`ALTER SYSTEM SET ${setting} = ${value}`);
    await owner.query('SELECT pg_reload_conf()');
    await sleep(300); // wait until every connection has read it
  };
  await set('log_line_prefix', `'%d '`);
  await set('log_statement', `'all'`);
  const from = postgresLog().length;
  await work();
  const text = postgresLog().slice(from);
  await set('log_statement', 'DEFAULT');

  // Each entry starts a line; further lines of a statement are indented.
  const entries = text.split(/\n(?!\t)/).filter((entry) => entry.startsWith(`${database} `));
  return entries.flatMap((entry, at) => {
    const [, sql] = /^\S+ LOG: {2}execute [^:]*: ([\s\S]+)$/.exec(entry) ?? [];
    if (!sql) return [];
    const [, list = ''] = /^\S+ DETAIL: {2}Parameters: ([\s\S]+)$/i.exec(entries[at + 1] ?? '') ?? [];
    const parameters = [...list.matchAll(/\$\d+ = (?:'((?:[^']|'')*)'|NULL)/g)].map(([, value]) => value);
    return [{ sql: sql.replaceAll('\n\t', '\n').trim(), parameters }];
  });
}

/** Two refreshes: the token goes from one hash to another and back. What differs between sessions becomes a variable. */
function scriptOf(statements, row) {
  const constants = new Map();
  const variableFor = (value, now, next) => {
    if (value === row.user_id) return 'user_id';
    if (value === row.family) return 'family';
    if (value === row.previous_token) return now;
    if (value === row.token) return next;
    if (value === `${row.generation - 1}`) return 'generation';
    if (!constants.has(value)) constants.set(value, `constant_${constants.size}`);
    return constants.get(value);
  };
  const refresh = (now, next) =>
    statements.map(({ sql, parameters }) => {
      const valueOf = (value) => (value === undefined ? 'NULL' : `:${variableFor(value, now, next)}`);
      const text = sql.replaceAll(/\$(\d+)/g, (_, n) => valueOf(parameters[n - 1]));
      return `${text};`;
    });
  const both = [
    ...refresh('token', 'other_token'),
    '\\set generation :generation + 1',
    ...refresh('other_token', 'token'),
    '\\set generation :generation + 1',
  ];
  const literals = [...constants].map(([value, name]) => `'${value}' AS ${name}`);
  return [
    '\\if :is_new',
    `SELECT user_id, family, token, repeat('0', 64) AS other_token, generation, ${literals.join(', ')}`,
    'FROM bench_clients JOIN refresh_tokens USING (user_id, family) WHERE client = :client_id \\gset',
    '\\set is_new 0',
    '\\endif',
    ...both,
    '',
  ].join('\n');
}

async function pgbench({ script, ownerUrl, clients, mode, seconds }) {
  const how = ['-n', '-M', mode, '-c', `${clients}`, '-j', '2', '-D', 'is_new=1', '-f', script];
  const text = await output('pgbench', [...how, '-T', `${Math.max(1, Math.round(seconds))}`, ownerUrl]);
  const failed = /number of failed transactions: (\d+)/.exec(text)?.[1] ?? '0';
  const perSecond = 2 * Number(/^tps = ([\d.]+)/m.exec(text)?.[1]);
  if (failed !== '0' || !(perSecond > 0)) throw new Error(`pgbench: ${text}`);
  return { perSecond };
}
