// Usage: npm run bench [-- [--quick] [--soak-seconds=300] scenario…]. Measures, writes bench/results/latest.json and the tables of docs/measurements.md.
// `--quick` only shows that everything runs: it writes nothing.
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
  'jwks',
  'two-instances',
  'feed',
  'growth',
  'soak',
];

const words = process.argv.slice(2);
const quick = words.includes('--quick');
const soakSeconds = words.map((word) => /^--soak-seconds=(\d+)$/.exec(word)?.[1]).find(Boolean);
const wanted = words.filter((word) => !word.startsWith('--'));
const unknown = wanted.filter((name) => !SCENARIOS.includes(name));
if (unknown.length > 0) {
  console.error(`There is no scenario ${unknown.join(', ')}; there are ${SCENARIOS.join(', ')}.`);
  process.exit(2);
}

installIfMissing();
buildIfStale();
const { untilTheEnd } = await import('./lib/processes.mjs');
const { measure } = await import('./lib/measure.mjs');
const { write } = await import('./lib/report.mjs');

await untilTheEnd(async () => {
  const report = await measure({
    scenarios: wanted.length > 0 ? wanted : SCENARIOS,
    quick,
    soakSeconds: soakSeconds && Number(soakSeconds),
  });
  if (!quick) await write(report, SCENARIOS);
  if (report.scenarios.some(({ targets }) => targets.some(({ met }) => !met))) process.exitCode = 1;
});
