// Usage: npm run bench [-- [--runs=3] [--quick] [--quiet-only] [--settings KEY=VALUE,…] [--soak-seconds=300] scenario…].
// Measures, writes bench/results/latest.json and the tables of docs/measurements.md. Only a whole measurement is written:
// `--quick` shows that everything runs, `--quiet-only` leaves out the neighbour, `--settings` of the service is an experiment.
import { parseArgs } from 'node:util';
import { buildIfStale } from '../scripts/build.mjs';
import { installIfMissing } from './lib/install.mjs';

const SCENARIOS = [
  'start',
  'authenticated',
  'refresh',
  'login',
  'login-storm',
  'costs',
  'crowd',
  'guessing',
  'recovery',
  'floods',
  'two-instances',
  'feed',
  'growth',
  'soak',
];

const { values, positionals: wanted } = readArguments();
const unknown = wanted.filter((name) => !SCENARIOS.includes(name));
if (unknown.length > 0) refuse(`There is no scenario ${unknown.join(', ')}; there are ${SCENARIOS.join(', ')}.`);
const settings = Object.fromEntries(values.settings.flatMap((list) => list.split(',')).map(pairOf));
const [runs, soakSeconds] = [values.runs, values['soak-seconds']].map((value) => value && wholeNumber(value));
const isExperiment = values.quick || values['quiet-only'] || values.settings.length > 0;

installIfMissing();
buildIfStale();
const { untilTheEnd } = await import('./lib/processes.mjs');
const { measure } = await import('./lib/measure.mjs');
const { write } = await import('./lib/report.mjs');

await untilTheEnd(async () => {
  const report = await measure({
    scenarios: wanted.length > 0 ? wanted : SCENARIOS,
    runs,
    settings,
    options: { quick: values.quick, isQuietOnly: values['quiet-only'], soakSeconds },
  });
  if (!isExperiment) await write(report, SCENARIOS);
  if (report.scenarios.some(({ targets }) => targets.some(({ met }) => !met))) process.exitCode = 1;
});

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        runs: { type: 'string', default: '1' },
        quick: { type: 'boolean', default: false },
        'quiet-only': { type: 'boolean', default: false },
        settings: { type: 'string', multiple: true, default: [] },
        'soak-seconds': { type: 'string' },
      },
    });
  } catch (error) {
    return refuse(error.message);
  }
}

/** Without a value the bench's own is taken away. */
function pairOf(text) {
  const [, key, value] = /^([A-Z_0-9]+)=(.*)$/.exec(text) ?? refuse(`--settings takes KEY=VALUE,…, not ${text}.`);
  return [key, value === '' ? undefined : value];
}

function wholeNumber(text) {
  return /^[1-9]\d*$/.test(text) ? Number(text) : refuse(`${text} is not a number of at least 1.`);
}

function refuse(sentence) {
  console.error(sentence);
  return process.exit(2);
}
