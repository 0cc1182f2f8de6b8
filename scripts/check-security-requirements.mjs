// Checks docs/security-requirements.md: every row has a state, every test that it names exists. Writes the counts; --check compares.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';

const PAGE = 'docs/security-requirements.md';
const STATES = ['met', 'partly', 'open', 'deviation', 'not applicable'];
const PLANNED = [
  ...['limits on guessing', 'account recovery', 'second factors', 'siblings', 'upstream sign-in'],
  'client and pages',
];
const COUNTS = /<!-- counts -->[\s\S]*<!-- \/counts -->/;
/** `| ASVS 1.1.1 | demand | state | test, file or reason |` */
const ROW = /^\| ((?:ASVS|RFC|BCP|NIST|OWASP) [^|]+?) +\| ([^|]+?) +\| ([^|]+?) +\| (.*?) *\|$/gm;
/** A file in code marks, then perhaps the names of its tests in quotation marks. */
const REFERENCE =
  /`((?:[\w.-]+\/)*[\w.-]+\.(?:[cm]?[jt]s|md|json|yml)|Dockerfile|\.dockerignore)`((?:(?:: |, )“[^”]+”)*)/g;

const problems = [];
const page = readFileSync(PAGE, 'utf8');
const rows = [...page.matchAll(ROW)].map(([, id, , state, text]) => ({ id, state, text }));

/** @returns how many files and tests the text names */
function references(id, text) {
  const found = [...text.matchAll(REFERENCE)];
  for (const [, file, quoted] of found) {
    if (!existsSync(file)) {
      problems.push(`${id} names ${file}, which does not exist`);
      continue;
    }
    const source = readFileSync(file, 'utf8');
    for (const [, title] of quoted.matchAll(/“([^”]+)”/g)) {
      if (!["'", '"', '`'].some((mark) => source.includes(`${mark}${title}${mark}`)))
        problems.push(`${id} names a test that ${file} does not have: ${title}`);
    }
  }
  return found.length;
}

const seen = new Set();
for (const { id, state, text } of rows) {
  if (seen.has(id)) problems.push(`${id} is there twice`);
  seen.add(id);
  const named = references(id, text);
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
