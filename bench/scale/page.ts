// Writes the tables of docs/scale.md from the results of the bench; with --check only compares.
// Usage: npm run bench:scale [-- --check]
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { demandOf, sharesOfOneMachine } from './demand.js';
import { type Measured, readMeasured } from './measured.js';
import { MACHINES, POPULATION, STEPS } from './population.js';
import { type Course, returnWave } from './return-wave.js';
import { seeded } from './seeded.js';

const PAGE = 'docs/scale.md';
const MARKS = /(<!-- scale:start -->)[\s\S]*(<!-- scale:end -->)/;
/** Two digits: the reckoning is no better than that. */
const rough = (value: number) => {
  const two = Number(value.toPrecision(2));
  return two >= 1_000 ? two.toLocaleString('en') : String(two);
};
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

function costs(measured: Measured): string {
  const { refresh, check, coldCheck, signIn, logout } = measured;
  const rows = Object.entries({
    'a refresh (3072 bits)': refresh,
    'a check, verdict kept in Redis': check,
    'a check that asks PostgreSQL': coldCheck,
    'a sign-in by password': signIn,
    'a logout': logout,
  });
  return table(
    ['what', 'ms of the service', 'of these in the event loop', 'ms of PostgreSQL', 'ms of Redis', 'bytes of WAL'],
    rows.map(([what, cost]) => [
      what,
      ...[cost.serviceMs, cost.loopMs, cost.postgresMs, cost.redisMs, cost.walBytes].map(rough),
    ]),
  );
}

function steps(measured: Measured): string {
  const all = STEPS.map((users) => demandOf(users, measured));
  const row = (what: string, of: (demand: (typeof all)[number]) => number) => [
    what,
    ...all.map((each) => rough(of(each))),
  ];
  return table(
    ['users', ...STEPS.map((users) => users.toLocaleString('en'))],
    [
      row('sessions', ({ sessions }) => sessions),
      row('refreshes and signatures a second', ({ refreshes }) => refreshes),
      row('checks a second', ({ checks }) => checks),
      row('sign-ins a second', ({ signIns }) => signIns),
      row('processors of the service', ({ serviceCores }) => serviceCores),
      row('processors of PostgreSQL', ({ databaseCores }) => databaseCores),
      row('processors of Redis', ({ redisCores }) => redisCores),
      row('WAL, GB an hour', ({ walMBPerSecond }) => walMBPerSecond * 3.6),
      row('stored, GB', ({ storedGB }) => storedGB),
      row('of these in memory, GB', ({ hotGB }) => hotGB),
      row('kept verdicts in Redis, GB', ({ verdictsGB }) => verdictsGB),
      row('**instances**', ({ instances }) => instances),
      row('**database servers**', ({ databases }) => databases),
    ],
  );
}

function firstToBreak(measured: Measured): string {
  const shares = STEPS.map((users) => sharesOfOneMachine(demandOf(users, measured)));
  const parts = Object.keys(shares[0] ?? {});
  const cell = (share: number, most: number) => {
    const text = share < 0.005 ? '0' : rough(share);
    return share === most && share >= 0.1 ? `**${text}**` : text;
  };
  return table(
    ['of one machine', ...STEPS.map((users) => users.toLocaleString('en'))],
    parts.map((part) => [part, ...shares.map((share) => cell(share[part] ?? 0, Math.max(...Object.values(share))))]),
  );
}

/** What an instance can do changes nothing but how long the simulation takes: times are counted in its answers. */
const SIMULATED_PER_SECOND = 40;

function waves({ refresh, check }: Measured): string {
  const perSecond = SIMULATED_PER_SECOND;
  const when = ({ secondsUntilServed }: Course) =>
    secondsUntilServed === Infinity ? '**not within ten minutes**' : `${rough(secondsUntilServed)} s`;
  const rows = [0.4, MACHINES.used, 0.8, 0.9].flatMap((busy) =>
    [5, 30, 120].map((outageSeconds) => {
      const wave = { outageSeconds, busy };
      // A refusal is read and answered, as a check is.
      const refusing = returnWave(wave, { perSecond, refusalShare: check.serviceMs / refresh.serviceMs }, seeded(1));
      const patient = returnWave(wave, { perSecond }, seeded(1));
      return [`${busy * 100} %`, `${outageSeconds} s`, when(refusing), `${refusing.mostTries}`, when(patient)];
    }),
  );
  const head = [
    'busy before',
    'database away',
    'all who waited are served after',
    'most tries',
    'if nobody were refused',
  ];
  return table(head, rows);
}

function distances({ refresh }: Measured): string {
  const perInstance = (MACHINES.used * MACHINES.instanceCores * 1_000) / refresh.serviceMs;
  const rows = [0.5, 2, 20, 80].map((ms) => {
    const inUse = (perInstance * (ms + refresh.postgresMs)) / 1_000;
    const withTen = Math.min(perInstance, 10_000 / (ms + refresh.postgresMs));
    return [`${ms} ms`, rough(inUse), `${rough(withTen)} of ${rough(perInstance)}`];
  });
  const head = ['round trip to where the commit must be', 'connections in use', 'refreshes a second with a pool of 10'];
  return table(head, rows);
}

function text(measured: Measured): string {
  const { sessionsPerUser, onlineShare, secondsBetweenRefreshes, secondsBetweenChecks, daysOfASession } = POPULATION;
  const { used, instanceCores, database, redis } = MACHINES;
  const share = demandOf(STEPS[0] ?? 0, measured).pageImageShare;
  return [
    `## What one operation costs\n\nMeasured on ${measured.date} (${measured.machine}): \`npm run bench -- costs\`.`,
    costs(measured),
    `A session takes up ${rough(measured.tableBytes + measured.indexBytes)} bytes with its indexes, ` +
      `a kept verdict ${rough(measured.verdictBytes)} bytes in Redis. The first change of a page after a ` +
      `checkpoint adds ${rough(measured.pageImageBytes)} bytes to the WAL (compressed).`,
    '## What it takes, by steps of ten',
    `Assumed: ${sessionsPerUser} sessions a user, ${onlineShare * 100} % of them in use at the busiest hour, ` +
      `a refresh every ${secondsBetweenRefreshes / 60} minutes and a check every ${secondsBetweenChecks / 60} ` +
      `minutes of each; a session lives ${daysOfASession} days. Nothing is used to more than ${used * 100} %.`,
    steps(measured),
    '## What breaks first',
    `How much of **one** machine each part asks for: a database with ${database.cores} processors, ` +
      `${database.memoryGB} GB of memory, ${database.walMBPerSecond} MB of WAL a second and ` +
      `${database.connections} connections, checkpoints ${database.secondsBetweenCheckpoints / 60} minutes apart; ` +
      `a Redis with ${redis.memoryGB} GB; instances with ${instanceCores} processors each. ` +
      'Over 1 it does not fit; the greatest of a column breaks first.',
    firstToBreak(measured),
    `With these checkpoints ${rough(share * 100)} % of the refreshes write a whole page to the WAL.`,
    '## When the database comes back',
    'A simulation of every client of one instance, which retries as our client does ' +
      '(`bench/scale/return-wave.ts`).',
    waves(measured),
    `## Farther away\n\nOne instance, used to ${used * 100} %.`,
    distances(measured),
  ].join('\n\n');
}

const page = readFileSync(PAGE, 'utf8');
if (!MARKS.test(page)) throw new Error(`${PAGE} has lost its marks <!-- scale:start --> and <!-- scale:end -->.`);
const whole = page.replace(MARKS, (_, start: string, end: string) => `${start}\n\n${text(readMeasured())}\n\n${end}`);
const wanted = await format(whole, { ...(await resolveConfig(PAGE)), parser: 'markdown' });
if (wanted !== page) {
  if (process.argv.includes('--check')) {
    console.error(`${PAGE} is stale: run npm run bench:scale`);
    process.exitCode = 1;
  } else writeFileSync(PAGE, wanted);
}
