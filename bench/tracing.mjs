// What does tracing cost? Usage: npm run bench:tracing [-- --rounds=3 [refreshes]]. About five minutes; writes nothing.
// Off, on for every request, and on for one in a hundred, in turns, each beside the others; the receiver throws away.
import { createServer } from 'node:http';
import { buildIfStale } from '../scripts/build.mjs';
import { installIfMissing } from './lib/install.mjs';

const CLIENTS = 16;
const USERS = 32;
const [COMPILE_SECONDS, WARMUP_SECONDS, SECONDS] = [4, 1, 3];
const only = process.argv.slice(2).find((word) => !word.startsWith('--'));
const rounds = Number(process.argv.map((word) => /^--rounds=(\d+)$/.exec(word)?.[1]).find(Boolean) ?? 3);

installIfMissing();
buildIfStale();
const { startInfrastructure } = await import('./lib/infrastructure.mjs');
const { closedLoop, constantLoad, refreshLoad, signInMany } = await import('./lib/load.mjs');
const { subjectsOn } = await import('./lib/peers.mjs');
const { untilTheEnd } = await import('./lib/processes.mjs');
const { summaryOf } = await import('./lib/rounds.mjs');
const { watchword } = await import('./lib/watchword.mjs');

const receiver = createServer((request, response) => {
  request.resume().once('end', () => response.end());
});
await new Promise((done) => receiver.listen(0, '127.0.0.1', done));
const traced = (share) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${receiver.address().port}`,
  OTEL_TRACES_SAMPLER: 'traceidratio',
  OTEL_TRACES_SAMPLER_ARG: share,
});
const kinds = { off: {}, 'ratio 0.01': traced('0.01'), 'ratio 1': traced('1') };

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
  'authenticated, bearer': async (subject) => {
    const sessions = await signInMany(subject, 2 * CLIENTS, 200);
    const requests = sessions.map((session) => subject.authenticated(session, 'bearer'));
    return (seconds) => constantLoad({ url: subject.url, requests, seconds, connections: 2 * CLIENTS });
  },
};

/** CPU of the service for each answer, which a busy machine changes less than how many answers there are. */
async function measured(subject, measure, seconds) {
  const before = await cpuOf(subject);
  const { perSecond } = await measure(seconds);
  return { perSecond, cpu: ((await cpuOf(subject)) - before) / (perSecond * seconds) };
}

const cpuOf = async (subject) => Number(/^process_cpu_seconds_total (\S+)/m.exec(await subject.metrics())[1]);

/** Each round in another order: whichever runs first has an advantage. @returns the rounds' figures of each */
async function inTurns(measures) {
  const taken = measures.map(() => []);
  for (const measure of measures) await measure(COMPILE_SECONDS);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < measures.length; turn++) {
      const at = (round + turn) % measures.length;
      await measures[at](WARMUP_SECONDS);
      taken[at].push(await measures[at](SECONDS));
    }
  }
  return taken;
}

const medianOf = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

await untilTheEnd(async () => {
  const infrastructure = await startInfrastructure();
  const subjects = subjectsOn(infrastructure);
  const running = [];
  for (const settings of Object.values(kinds)) running.push(await subjects.start(watchword, { settings }));
  console.log('Answers a second against off, and in brackets CPU for each answer against off.\n');
  const names = Object.keys(kinds);
  console.log(`| what | ${names[0]}, a second | ${names.slice(1).join(' | ')} |\n| --- | --- | --- | --- |`);
  for (const [name, load] of Object.entries(loads).filter(([each]) => only === undefined || each.startsWith(only))) {
    const measures = [];
    for (const subject of running) {
      const measure = await load(subject);
      measures.push((seconds) => measured(subject, measure, seconds));
    }
    const [off, ...others] = await inTurns(measures);
    // Of each round by itself: what slows the machine for a while falls on all three.
    const ratio = (on, figure) => medianOf(on.map((each, at) => each[figure] / off[at][figure])).toFixed(2);
    const shown = others.map((on) => `${ratio(on, 'perSecond')} (${ratio(on, 'cpu')})`).join(' | ');
    console.log(`| ${name} | ${Math.round(summaryOf(off).perSecond.median)} | ${shown} |`);
  }
  await subjects.end();
});
receiver.close();
receiver.closeAllConnections();
