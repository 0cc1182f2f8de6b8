// Usage: npm run bench:compare -- CHECKOUT [--rounds=5] [--neighbour] [--settings KEY=VALUE,…] [operation]. Compares this
// checkout with another one, side by side: sign-ins, refreshes and authenticated requests a second, their p99 and their CPU.
// Both must be built (npm run build). `--neighbour` keeps a core busy meanwhile; the settings are for this one only, so that
// `.` as CHECKOUT compares settings. Writes nothing.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildIfStale } from '../scripts/build.mjs';
import { commandLine, refuse, SETTINGS, settingsIn, wholeNumber } from './lib/command-line.mjs';
import { installIfMissing } from './lib/install.mjs';

const { values, positionals } = commandLine({
  rounds: { type: 'string', default: '5' },
  neighbour: { type: 'boolean', default: false },
  settings: SETTINGS,
});
const [other, only = ''] = positionals;
const [rounds, settings] = [wholeNumber(values.rounds), settingsIn(values.settings)];
if (other === undefined || !existsSync(join(other, 'dist', 'bundle', 'main.js')))
  refuse('Usage: npm run bench:compare -- CHECKOUT, the folder of another checkout that is built.');

installIfMissing();
buildIfStale();
const { ONE_CORE_TAKEN, QUIET, under } = await import('./lib/conditions.mjs');
const { costed } = await import('./lib/costed.mjs');
const { startInfrastructure } = await import('./lib/infrastructure.mjs');
const { inTurns, operations } = await import('./lib/operations.mjs');
const { subjectsOn } = await import('./lib/peers.mjs');
const { planOf } = await import('./lib/plan.mjs');
const { untilTheEnd } = await import('./lib/processes.mjs');
const { summaryOf, takenRecords } = await import('./lib/rounds.mjs');
const here = await import('./lib/watchword.mjs');
const there = await import(pathToFileURL(resolve(other, 'bench/lib/watchword.mjs')));
const kinds = [
  { ...there.watchword, name: 'the other' },
  { ...here.watchword, name: 'this one' },
];
const FIGURES = { perSecond: 'a second', p99: 'p99 ms', cpuMs: 'CPU ms each' };

await untilTheEnd(async () => {
  const infrastructure = await startInfrastructure();
  const subjects = subjectsOn(infrastructure);
  const running = [];
  for (const [at, kind] of kinds.entries())
    running.push(await subjects.start(kind, { settings: at === 1 ? settings : {} }));
  console.log('| what | the other | this one | ratio |\n| --- | --- | --- | --- |');
  for (const [name, load] of Object.entries(operations).filter(([name]) => name.startsWith(only))) {
    const measures = [];
    for (const subject of running) measures.push(costed(infrastructure, subject, await load(subject)));
    const condition = values.neighbour ? ONE_CORE_TAKEN : QUIET;
    const [old, now] = await under(condition, takenRecords(), () => inTurns(measures, { ...planOf(), rounds }));
    for (const [figure, called] of Object.entries(FIGURES)) {
      const [before, after] = [old, now].map((records) => summaryOf(records)[figure].median);
      const shown = [before, after].map((value) => Number(value.toPrecision(3)));
      console.log(`| ${name}, ${called} | ${shown.join(' | ')} | ${(after / before).toFixed(2)} |`);
    }
  }
  await subjects.end();
});
