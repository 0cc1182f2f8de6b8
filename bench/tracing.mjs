// What does tracing cost? Usage: npm run bench:tracing [-- --rounds=3 [refreshes]]. About five minutes; writes nothing.
// Off, on for every request, and on for one in a hundred, in turns, each beside the others; the receiver throws away.
import { createServer } from 'node:http';
import { buildIfStale } from '../scripts/build.mjs';
import { installIfMissing } from './lib/install.mjs';

const PLAN = { compile: 4, warmup: 0.5, seconds: 3 };
const only = process.argv.slice(2).find((word) => !word.startsWith('--')) ?? '';
const rounds = Number(process.argv.map((word) => /^--rounds=(\d+)$/.exec(word)?.[1]).find(Boolean) ?? 3);

installIfMissing();
buildIfStale();
const { costed } = await import('./lib/costed.mjs');
const { startInfrastructure } = await import('./lib/infrastructure.mjs');
const { inTurns, operations } = await import('./lib/operations.mjs');
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

/** What carries a trace differs little between the transports. */
const COMPARED = ['sign-ins', 'refreshes', 'authenticated, bearer'];

const medianOf = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

await untilTheEnd(async () => {
  const infrastructure = await startInfrastructure();
  const subjects = subjectsOn(infrastructure);
  const running = [];
  for (const settings of Object.values(kinds)) running.push(await subjects.start(watchword, { settings }));
  console.log('Answers a second against off, and in brackets CPU of the service for each answer against off.\n');
  const names = Object.keys(kinds);
  console.log(`| what | ${names[0]}, a second | ${names.slice(1).join(' | ')} |\n| --- | --- | --- | --- |`);
  for (const name of COMPARED.filter((each) => each.startsWith(only))) {
    const measures = [];
    for (const subject of running) measures.push(costed(infrastructure, subject, await operations[name](subject)));
    const [off, ...others] = await inTurns(measures, { ...PLAN, rounds });
    // Of each round by itself: what slows the machine for a while falls on all three.
    const ratio = (on, figure) => medianOf(on.map((each, at) => each[figure] / off[at][figure])).toFixed(2);
    const shown = others.map((on) => `${ratio(on, 'perSecond')} (${ratio(on, 'serviceMs')})`).join(' | ');
    console.log(`| ${name} | ${Math.round(summaryOf(off).perSecond.median)} | ${shown} |`);
  }
  await subjects.end();
});
receiver.close();
receiver.closeAllConnections();
