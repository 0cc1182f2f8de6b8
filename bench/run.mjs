// Usage: npm run bench [-- [--runs=3] [--quick] [--quiet-only] [--settings KEY=VALUE,…] [--soak-seconds=300] scenario…].
// Measures, writes bench/results/latest.json and the tables of docs/measurements.md. Only a whole measurement is written:
// `--quick` shows that everything runs, `--quiet-only` leaves out the neighbour, `--settings` of the service is an experiment.
import { buildIfStale } from '../scripts/build.mjs';
import { commandLine, refuse, SETTINGS, settingsIn, wholeNumber } from './lib/command-line.mjs';
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

const { values, positionals: wanted } = commandLine({
  runs: { type: 'string', default: '1' },
  quick: { type: 'boolean', default: false },
  'quiet-only': { type: 'boolean', default: false },
  settings: SETTINGS,
  'soak-seconds': { type: 'string' },
});
const unknown = wanted.filter((name) => !SCENARIOS.includes(name));
if (unknown.length > 0) refuse(`There is no scenario ${unknown.join(', ')}; there are ${SCENARIOS.join(', ')}.`);
const settings = settingsIn(values.settings);
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
    settings,
    options: { quick: values.quick, isQuietOnly: values['quiet-only'], soakSeconds, runs },
    afterEach: async (report) => (isExperiment ? undefined : write(report, SCENARIOS)),
  });
  if (report.scenarios.some(({ targets }) => targets.some(({ met }) => !met))) process.exitCode = 1;
});
