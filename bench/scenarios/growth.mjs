// Checks that a million sessions cost no speed, and that storage grows with sessions, not with refreshes.
import { fileURLToPath } from 'node:url';
import { fillSessions } from '../lib/fill.mjs';
import { closedLoop, refreshLoad, signInMany } from '../lib/load.mjs';
import { output } from '../lib/processes.mjs';
import { interleave, medianOf, summaryOf } from '../lib/rounds.mjs';
import { countsAreReported, storageOf, walOf, withoutAutovacuum } from '../lib/storage.mjs';
import { target } from '../lib/targets.mjs';
import { settingsOf, watchword } from '../lib/watchword.mjs';

/** Sessions that are refreshed, all over the table; sessions of the user whose list is asked for; dead ones to purge. */
const [SPENDABLE, OF_ONE, DEAD] = [2_000, 20, 5_000];
/** For the bytes: few sessions, so that their full pages were written since the checkpoint. */
const [COUNTED_SESSIONS, COUNTED_REFRESHES] = [160, 1_600];
const PURGE = fileURLToPath(new URL('../lib/purge-process.mjs', import.meta.url));
const label = (sessions) => `${sessions.toLocaleString('en')} sessions`;

export async function run({ plan, subjects, infrastructure }) {
  const grown = [];
  for (const sessions of plan.sizes) grown.push(await grow(subjects, sessions));
  const rows = await interleave(grown.flatMap(loadsOf), plan);
  rows.push(...(await withoutAutovacuum(infrastructure, () => storageRows(infrastructure, grown))));
  for (const { sessions, subject } of grown)
    rows.push({ subject: `purge, ${label(sessions)}`, figures: summaryOf([await purge(subject)]) });
  return { rows, targets: targetsOf(rows, plan.sizes[0], plan.sizes.at(-1)) };
}

async function grow(subjects, sessions) {
  const subject = await subjects.start(watchword, { signingKeyBits: 2048 });
  const [reader] = await signInMany(subject, 1);
  const { ownerUrl } = subject.database;
  const spendable = Math.min(SPENDABLE, Math.floor(sessions / 5));
  const wanted = { sessions, spendable, dead: DEAD, listed: reader.user.id, ofOne: OF_ONE };
  const started = performance.now();
  const tokens = await fillSessions({ ownerUrl, ...wanted });
  console.log(`${label(sessions)} made in ${Math.round((performance.now() - started) / 1_000)} s`);
  return { sessions, subject, reader, tokens };
}

function loadsOf({ sessions, subject, reader, tokens }) {
  const list = { ...subject.authenticated(reader, 'bearer'), path: '/auth/sessions' };
  return [
    {
      name: `refresh, ${label(sessions)}`,
      measure: (seconds) => refreshLoad({ subject, sessions: tokens, seconds }),
    },
    {
      name: `session list, ${label(sessions)}`,
      measure: (seconds) => closedLoop({ url: subject.url, clients: 4, seconds: seconds / 2, next: () => list }),
    },
  ];
}

async function storageRows(infrastructure, grown) {
  await countsAreReported();
  const rows = [];
  for (const { sessions, subject, tokens } of grown) {
    const { ownerUrl } = subject.database;
    const few = tokens.slice(0, COUNTED_SESSIONS);
    const before = await storageOf(ownerUrl);
    await infrastructure.owner.query('CHECKPOINT');
    await refreshLoad({ subject, sessions: few, count: 5 * COUNTED_SESSIONS });
    const walBefore = await walOf(infrastructure);
    await refreshLoad({ subject, sessions: few, count: COUNTED_REFRESHES });
    const wal = ((await walOf(infrastructure)) - walBefore) / COUNTED_REFRESHES;
    const after = await storageOf(ownerUrl);
    const added = (after.rows - before.rows) / COUNTED_REFRESHES;
    const counted = { 'bytes of WAL a refresh': wal, 'rows a refresh': added };
    const figures = summaryOf([{ 'MB table': after.tableMB, 'MB indexes': after.indexMB, ...counted }]);
    rows.push({ subject: `storage, ${label(sessions)}`, figures });
  }
  await countsAreReported();
  for (const [at, { subject }] of grown.entries()) {
    const { hot, updates } = await storageOf(subject.database.ownerUrl);
    Object.assign(rows[at].figures, summaryOf([{ 'share of HOT updates': hot / updates }]));
  }
  return rows;
}

async function purge({ database, url }) {
  const env = settingsOf({ ...database, port: 0, metricsPort: '' });
  const { sessions, seconds } = JSON.parse(
    await output(process.execPath, [PURGE], { env: { ...env, LOG_LEVEL: 'silent' } }),
  );
  if (sessions !== DEAD) throw new Error(`${url}: ${sessions} sessions were purged, not ${DEAD}`);
  return { perSecond: sessions / seconds, seconds };
}

function targetsOf(rows, least, most) {
  const of = (what, sessions, figure) => medianOf(rows, `${what}, ${label(sessions)}`, figure);
  const growth = (what, figure) => of(what, most, figure) / of(what, least, figure);
  return [
    target(`refresh p99 with ${label(most)} against ${label(least)}`, growth('refresh', 'p99'), '≤', 1.25, ' ×'),
    target(`rows a refresh, ${label(most)}`, of('storage', most, 'rows a refresh'), '=', 0),
    target(`WAL a refresh, ${label(most)}`, of('storage', most, 'bytes of WAL a refresh'), '≤', 450, ' bytes'),
    target(`session list with ${label(most)} against ${label(least)}`, growth('session list', 'p50'), '≤', 2, ' ×'),
  ];
}
