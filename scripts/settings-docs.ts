// Writes the table of docs/settings.md and .env.example from src/config/settings.ts; with --check only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import type { Setting } from '../src/config/setting.js';
import { settings } from '../src/config/settings.js';

const all = Object.entries(settings) as [string, Setting][];

const table = [
  '| setting | default | meaning |',
  '| --- | --- | --- |',
  ...all.map(([name, { standard, about }]) => `| \`${name}\` | ${standard ?? ''} | ${about.replaceAll('|', '\\|')} |`),
].join('\n');

const example = [
  '# Every setting of Watchword, with its default. Made from src/config/settings.ts: npm run docs:settings',
  '# Copy it to .env and change what you need: the service and the command line read that file, but a variable of the',
  '# environment wins. A name that is not a setting is reported at the start.',
  ...all.map(([name, { standard, about }]) => `\n# ${about}${standard ? ` Default: ${standard}.` : ''}\n#${name}=`),
  '',
].join('\n');

const [start, end] = ['<!-- settings -->', '<!-- /settings -->'];
const PAGE = 'docs/settings.md';
const page = readFileSync(PAGE, 'utf8');
const [before = '', rest = ''] = page.split(start);
const after = rest.split(end)[1] ?? '';
const whole = `${before}${start}\n\n${table}\n\n${end}${after}`;
const wanted: Record<string, string> = {
  [PAGE]: await format(whole, { ...(await resolveConfig(PAGE)), parser: 'markdown' }),
  '.env.example': example,
};

let isStale = false;
for (const [file, text] of Object.entries(wanted)) {
  if (readFileSync(file, 'utf8') === text) continue;
  isStale = true;
  if (process.argv.includes('--check')) console.error(`${file} is stale: run npm run docs:settings`);
  else writeFileSync(file, text);
}
if (isStale && process.argv.includes('--check')) process.exit(1);
