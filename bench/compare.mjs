// Usage: npm run bench:compare -- CHECKOUT [--rounds=5]. Compares this checkout with another one, side by side: sign-ins,
// refreshes and authenticated requests a second. Both must be built (npm run build). Writes nothing.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildIfStale } from '../scripts/build.mjs';
import { startInfrastructure } from './lib/infrastructure.mjs';
import { closedLoop, constantLoad, refreshLoad, signInMany } from './lib/load.mjs';
import { subjectsOn } from './lib/peers.mjs';
import { planOf } from './lib/plan.mjs';
import { untilTheEnd } from './lib/processes.mjs';
import { summaryOf } from './lib/rounds.mjs';
import * as here from './lib/watchword.mjs';

const CLIENTS = 16;
const USERS = 128;
const words = process.argv.slice(2);
const other = words.find((word) => !word.startsWith('--'));
const rounds = Number(words.map((word) => /^--rounds=(\d+)$/.exec(word)?.[1]).find(Boolean) ?? 5);
if (other === undefined || !existsSync(join(other, 'dist', 'bundle', 'main.js'))) {
  console.error('Usage: npm run bench:compare -- CHECKOUT, the folder of another checkout that is built.');
  process.exit(2);
}

buildIfStale();
const there = await import(pathToFileURL(resolve(other, 'bench/lib/watchword.mjs')));
const kinds = [
  { ...there.watchword, name: 'the other' },
  { ...here.watchword, name: 'this one' },
];

const loads = {
  'sign-ins': async (subject) => {
    for (let i = 1_000; i < 1_000 + USERS; i++) await subject.register(i);
    let turn = 0;
    const next = () => subject.login(1_000 + (turn++ % USERS));
    return (seconds) => closedLoop({ url: subject.url, clients: CLIENTS, seconds, next });
  },
  refreshes: async (subject) => {
    const sessions = await signInMany(subject, CLIENTS, 100);
    return (seconds) => refreshLoad({ subject, sessions, clients: CLIENTS, seconds });
  },
  'authenticated, bearer': (subject) => authenticated(subject, 'bearer', 200),
  'authenticated, cookie': (subject) => authenticated(subject, 'cookie', 300),
};

async function authenticated(subject, by, from) {
  const sessions = await signInMany(subject, 2 * CLIENTS, from);
  const requests = sessions.map((session) => subject.authenticated(session, by));
  return (seconds) => constantLoad({ url: subject.url, requests, seconds, connections: 2 * CLIENTS });
}

/** Medians. Every second round begins with the other one: whichever runs first has an advantage. */
async function inTurns(measures) {
  const { compile, warmup, seconds } = planOf({});
  const taken = measures.map(() => []);
  for (const measure of measures) await measure(compile);
  for (let round = 0; round < rounds; round++) {
    const order = [...measures.keys()];
    for (const at of round % 2 ? order.toReversed() : order) {
      await measures[at](2 * warmup);
      taken[at].push(await measures[at](seconds));
    }
  }
  return taken.map((records) => summaryOf(records).perSecond.median);
}

await untilTheEnd(async () => {
  const infrastructure = await startInfrastructure();
  const subjects = subjectsOn(infrastructure);
  const [before, after] = [await subjects.start(kinds[0]), await subjects.start(kinds[1])];
  console.log('| what, a second | the other | this one | ratio |\n| --- | --- | --- | --- |');
  for (const [name, load] of Object.entries(loads)) {
    const [old, now] = await inTurns([await load(before), await load(after)]);
    console.log(`| ${name} | ${Math.round(old)} | ${Math.round(now)} | ${(now / old).toFixed(2)} |`);
  }
  await subjects.end();
});
