// Checks docs/security-requirements.md: every row has a state, every test that it names exists. Writes the counts; --check compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { REFERENCE, referencesIn } from './references.ts';

const PAGE = 'docs/security-requirements.md';
const STATES = ['met', 'partly', 'open', 'deviation', 'not applicable'];
const PLANNED = [
  ...['limits on guessing', 'account recovery', 'second factors', 'siblings', 'upstream sign-in'],
  'client and pages',
];
const COUNTS = /<!-- counts -->[\s\S]*<!-- \/counts -->/;
/** `| ASVS 1.1.1 | demand | state | test, file or reason |` */
const ROW = /^\| ((?:ASVS|RFC|BCP|NIST|OWASP) [^|]+?) +\| ([^|]+?) +\| ([^|]+?) +\| (.*?) *\|$/gm;
const problems = [];
const page = readFileSync(PAGE, 'utf8');
const rows = [...page.matchAll(ROW)].map(([, id, , state, text]) => ({ id, state, text }));

const seen = new Set();
for (const { id, state, text } of rows) {
  if (seen.has(id)) problems.push(`${id} is there twice`);
  seen.add(id);
  const { count: named, missing } = referencesIn(text);
  problems.push(...missing.map((sentence) => `${id} ${sentence}`));
  const reason = text.replaceAll(REFERENCE, '').replaceAll(/[\s;,.]/g, '');
  if (!STATES.includes(state)) problems.push(`${id} has no known state: ${state}`);
  if (['met', 'partly'].includes(state) && named === 0)
    problems.push(`${id} is ${state} but names no test and no file`);
  if (!['met'].includes(state) && reason === '') problems.push(`${id} is ${state} without a reason`);
  if (state === 'open' && !PLANNED.some((topic) => text.includes(`planned: ${topic}`)))
    problems.push(`${id} is open and names no plan`);
}
const lines = page.split('\n').filter((line) => /^\| (ASVS|RFC|BCP|NIST|OWASP) /.test(line));
if (rows.length === 0 || rows.length !== lines.length)
  problems.push(`${lines.length - rows.length} row(s) cannot be read`);
if (!COUNTS.test(page)) problems.push('the marks <!-- counts --> and <!-- /counts --> are gone');

const counts = STATES.map((state) => `${rows.filter((row) => row.state === state).length} ${state}`).join(', ');
const text = `<!-- counts -->\n\n**${rows.length} requirements: ${counts}.**\n\n<!-- /counts -->`;
const wanted = await format(page.replace(COUNTS, text), { ...(await resolveConfig(PAGE)), parser: 'markdown' });
if (!process.argv.includes('--check')) writeFileSync(PAGE, wanted);
else if (wanted !== page) problems.push('the counts are stale: run npm run docs:requirements');

for (const problem of problems) process.stderr.write(`${PAGE}: ${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
