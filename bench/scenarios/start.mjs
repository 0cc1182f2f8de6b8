// Measures the time to the first answer, and the idle memory. Cold: an empty folder, with the embedded database.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { signInMany } from '../lib/load.mjs';
import { residentMB } from '../lib/memory.mjs';
import { atEnd } from '../lib/processes.mjs';
import { medianOf, summaryOf } from '../lib/rounds.mjs';
import { target } from '../lib/targets.mjs';
import { startWatchword } from '../lib/watchword.mjs';

const IDLE_SECONDS = 5;
const USERS = 4;

export async function run({ plan, infrastructure, settings }) {
  const { drop, ...database } = await infrastructure.freshDatabase();
  const warm = { ...database, redisUrl: infrastructure.redis.url, settings };
  await startAndStop(warm); // migrates and makes the keys
  const rounds = { warm: [], cold: [], idle: [] };
  for (let round = 0; round < plan.rounds; round++) {
    rounds.warm.push(await startAndStop(warm));
    const folder = join(infrastructure.folder, `cold-${round}`);
    mkdirSync(folder);
    rounds.cold.push(await startAndStop({ settings: { DATA_DIR: folder, ...settings } }));
    rounds.idle.push(await idleMemory(warm, round));
  }
  await drop();
  const rows = [
    { subject: 'warm start to first answer', figures: summaryOf(rounds.warm) },
    { subject: 'cold start to first answer, with the embedded database', figures: summaryOf(rounds.cold) },
    { subject: 'idle memory without the embedded database', figures: summaryOf(rounds.idle) },
  ];
  return {
    rows,
    targets: [
      target('warm start to first answer', medianOf(rows, rows[0].subject, 'seconds'), '≤', 1, ' s'),
      target('idle RSS without the embedded database', medianOf(rows, rows[2].subject, 'MB'), '≤', 128, ' MB'),
    ],
  };
}

async function startAndStop(options) {
  const started = performance.now();
  const { stop } = await startWatchword({ ...options, readyPath: '/.well-known/jwks.json' });
  const seconds = (performance.now() - started) / 1_000;
  await stop();
  return { seconds };
}

/** After some load. */
async function idleMemory(options, round) {
  const subject = await startWatchword(options);
  atEnd(() => subject.stop());
  await signInMany(subject, USERS, round * USERS);
  await sleep(IDLE_SECONDS * 1_000);
  const MB = residentMB(subject.pid);
  await subject.stop();
  return { MB };
}
