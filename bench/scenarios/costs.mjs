// Measures what one operation costs each process: processor time, WAL, and commands to Redis. It names no peers;
// bench/scale reckons with its figures.
import { Redis } from 'ioredis';
import { firstThreadMs, processMs } from '../lib/cpu-time.mjs';
import { fillSessions } from '../lib/fill.mjs';
import { closedLoop, constantLoad, refreshLoad, signInMany } from '../lib/load.mjs';
import { interleave, summaryOf } from '../lib/rounds.mjs';
import { walOf, withoutAutovacuum } from '../lib/storage.mjs';
import { watchword, watchwordAlone } from '../lib/watchword.mjs';

const CLIENTS = 16;
const CONNECTIONS = 32;
/** The first of the users that sign in again and again: their older sessions end, as there are too many. */
const SIGNING_IN = 100;
const SIZES = [2048, 3072, 4096];
/** What happens now and then, as a collection of garbage or a checkpoint, is spread over more operations. */
const LONGER = 3;

/** Sessions all over the table, of which some are refreshed once: each on a page of its own. */
const [SPREAD, ONCE] = [100_000, 700];

export async function run({ plan, subjects, infrastructure }) {
  const rows = [];
  const longer = { ...plan, seconds: LONGER * plan.seconds };
  for (const bits of SIZES) {
    const subject = await subjects.start(watchword, { signingKeyBits: bits });
    const kinds = [{ ...(await refreshes(subject)), what: `refresh, rsa${bits}` }];
    if (bits === SIZES[0]) kinds.push(await checks(subject), await signIns(subject), signInsAndLogouts(subject));
    const measured = kinds.map(({ what, load }) => counted(what, subject, infrastructure, load));
    if (bits === SIZES[0]) measured.push(await withoutRedis(subjects, infrastructure));
    rows.push(...(await interleave(measured, longer)));
    if (bits === SIZES[0]) rows.push(await keptVerdict(infrastructure), await pageImages(subject, infrastructure));
    await subjects.end();
  }
  return { rows, targets: [] };
}

async function keptVerdict({ redis }) {
  const client = new Redis(redis.url);
  try {
    const keys = await client.keys('*');
    const sizes = await Promise.all(keys.map((key) => client.memory('USAGE', key)));
    return {
      subject: 'a kept verdict',
      figures: summaryOf([{ 'bytes in Redis': sizes.reduce((sum, size) => sum + size, 0) / sizes.length }]),
    };
  } finally {
    client.disconnect();
  }
}

/** After a checkpoint the first change of a page writes all of it to the WAL. */
async function pageImages(subject, infrastructure) {
  const { owner } = infrastructure;
  const [{ user }] = await signInMany(subject, 1, 2 * CONNECTIONS);
  const { ownerUrl } = subject.database;
  const wanted = { sessions: SPREAD, spendable: 2 * ONCE, dead: 0, listed: user.id, ofOne: 0 };
  const tokens = await fillSessions({ ownerUrl, ...wanted });
  const figures = {};
  await withoutAutovacuum(infrastructure, async () => {
    for (const [at, [compression, what]] of Object.entries({
      off: 'bytes of WAL',
      pglz: 'bytes of WAL, compressed',
    }).entries()) {
      await owner.query(`ALTER SYSTEM SET wal_compression = ${compression}`);
      await owner.query('SELECT pg_reload_conf()');
      await owner.query('CHECKPOINT');
      const sessions = tokens.slice(at * ONCE, (at + 1) * ONCE);
      const before = await walOf(infrastructure);
      await refreshLoad({ subject, sessions, clients: CLIENTS, count: ONCE });
      figures[what] = ((await walOf(infrastructure)) - before) / ONCE;
    }
    await owner.query('ALTER SYSTEM RESET wal_compression');
  });
  return { subject: 'refresh, first of its page since a checkpoint', figures: summaryOf([figures]) };
}

async function refreshes(subject) {
  const sessions = await signInMany(subject, CLIENTS);
  return { load: (seconds) => refreshLoad({ subject, sessions, clients: CLIENTS, seconds }) };
}

async function checks(subject) {
  const sessions = await signInMany(subject, CONNECTIONS, CLIENTS);
  const requests = sessions.map((session) => subject.authenticated(session, 'bearer'));
  const load = (seconds) => constantLoad({ url: subject.url, requests, connections: CONNECTIONS, seconds });
  return { what: 'check', load };
}

async function withoutRedis(subjects, infrastructure) {
  const alone = await subjects.start(watchwordAlone);
  const { load } = await checks(alone);
  return counted('check without Redis', alone, infrastructure, load);
}

async function signIns(subject) {
  await signInMany(subject, CONNECTIONS, SIGNING_IN);
  let turn = 0;
  const next = () => subject.login(SIGNING_IN + (turn++ % CONNECTIONS));
  return { what: 'sign-in', load: (seconds) => closedLoop({ url: subject.url, clients: 4, seconds, next }) };
}

/** Half of its operations are the one, half the other. */
function signInsAndLogouts(subject) {
  const tokens = [];
  let turn = 0;
  const logout = (token) => ({
    method: 'POST',
    path: '/auth/logout',
    headers: { authorization: `Bearer ${token}` },
  });
  const load = (seconds) =>
    closedLoop({
      url: subject.url,
      clients: 4,
      seconds,
      next: (client) => (tokens[client] ? logout(tokens[client]) : subject.login(SIGNING_IN + (turn++ % CONNECTIONS))),
      answered: (client, { body }) => (tokens[client] = body === '' ? undefined : JSON.parse(body).accessToken),
    });
  return { what: 'sign-in or logout', load };
}

/** Measures `load`, and what it cost for each request that the service has counted. */
function counted(label, subject, { owner, redis, postgresPid }, load) {
  const taken = async () => ({
    requests: requestsIn(await subject.metrics()),
    service: processMs(subject.pid),
    loop: firstThreadMs(subject.pid),
    postgres: processMs(await postgresPid()),
    redis: processMs(redis.pid),
    commands: Number(/total_commands_processed:(\d+)/.exec(await redis.info('stats'))[1]),
    wal: await walOf({ owner }),
  });
  const measure = async (seconds) => {
    const before = await taken();
    await load(seconds);
    const after = await taken();
    const each = (what) => (after[what] - before[what]) / (after.requests - before.requests);
    return {
      'ms of the service': each('service'),
      'of these in its event loop': each('loop'),
      'ms of PostgreSQL': each('postgres'),
      'ms of Redis': each('redis'),
      'commands to Redis': each('commands'),
      'bytes of WAL': each('wal'),
    };
  };
  return { name: label, isSlow: true, measure };
}

const requestsIn = (metrics) =>
  [...metrics.matchAll(/^watchword_http_request_seconds_count\{.*\} (\d+)$/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
