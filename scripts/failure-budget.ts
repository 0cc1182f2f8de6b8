// Writes docs/failure-budget.md: what bounds each promise, and what shows it. With --check it only compares, and says
// which test, model or number the page names in vain.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { faults } from './failure-budget/faults.js';
import { invariants, pages } from './failure-budget/invariants.js';
import { type NumberName, numbers, textOf } from './failure-budget/numbers.js';
import { promises } from './failure-budget/promises.js';
import { sumRows, wrongSums } from './failure-budget/sums.js';
import { titlesWith } from './failure-budget/titles.js';
import { byNumber, INVARIANT, invariantsOf } from './models/invariants.js';
import { worlds } from './models/worlds.js';
import { referencesIn } from './references.js';

const PAGE = 'docs/failure-budget.md';
const MODELS_PAGE = 'docs/protocols/models.md';

const problems: string[] = [];
const models = readdirSync('models').filter((file) => file.endsWith('.pml'));
const shownByModel = new Map(models.map((file) => [file, invariantsOf(readFileSync(`models/${file}`, 'utf8'))]));
/** Which names of which model the page speaks of. */
const named = new Set<string>();

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`)
    .join('\n');

/** Numbers by their names; a name that is none is a problem. */
const withNumbers = (text: string) =>
  text.replaceAll(/(?<!\$)\{(\w+)\}/g, (_, name: string) => {
    if (name in numbers) return `**${textOf(name as NumberName)}**`;
    problems.push(`there is no number ${name}`);
    return name;
  });

/** Checks that all of it exists. */
function proof(of: string, text: string): string {
  const { count, missing } = referencesIn(text);
  problems.push(...missing.map((sentence) => `${of} ${sentence}`));
  if (count === 0) problems.push(`${of} is shown by nothing`);
  for (const [, file = '', names = ''] of text.matchAll(/`models\/(\w+\.pml)` ((?:[A-Z]\d+(?:, )?)+)/g))
    for (const name of names.match(INVARIANT) ?? []) {
      named.add(`${file} ${name}`);
      if (!shownByModel.get(file)?.includes(name)) problems.push(`${of}: models/${file} does not check ${name}`);
    }
  return text;
}

function promiseRows(): string[][] {
  const section =
    readFileSync('README.md', 'utf8').split('## The promises and their proof')[1]?.split('\n## ')[0] ?? '';
  const inReadme = [...section.matchAll(/^\| (.+?) +\| /gm)].map(([, cell = '']) => cell).slice(2);
  for (const promise of Object.keys(promises))
    if (!inReadme.includes(promise)) problems.push(`the README does not promise: ${promise}`);
  return inReadme.flatMap((promise) => {
    const shown = promises[promise];
    if (shown) return [[promise, withNumbers(shown.bound), proof(`"${promise}"`, shown.shownBy)]];
    problems.push(`a promise of the README has no bound here: ${promise}`);
    return [];
  });
}

/** What the pages of the protocols say of each invariant, by its name. */
function wordsOfPages(): Map<string, string> {
  const words = new Map<string, string>();
  for (const [letter, files] of Object.entries(pages))
    for (const file of files)
      for (const [, name = '', text = ''] of readFileSync(file, 'utf8').matchAll(/^\| ([A-Z]\d+)[:,]? (.+?) +\| /gm))
        if (name.startsWith(letter) && !words.has(name)) words.set(name, text.replace(/^the sibling's half: /, ''));
  return words;
}

function invariantRows(): string[][] {
  const words = wordsOfPages();
  for (const name of words.keys()) if (!(name in invariants)) problems.push(`${name} has no bound here`);
  return Object.entries(invariants).map(([name, { bound, tests, also, words: own }]) => {
    const text = own ?? words.get(name);
    if (text === undefined) problems.push(`no page says what ${name} is`);
    const titles = titlesWith(name, tests);
    if (tests.length > 0 && titles === '') problems.push(`no test carries the name ${name}`);
    const checks = models.filter((file) => shownByModel.get(file)?.includes(name) === true);
    const all = [titles, also ?? '', ...checks.map((file) => `\`models/${file}\` ${name}`)].filter(
      (part) => part !== '',
    );
    return [name, text ?? '', withNumbers(bound), proof(name, all.join('; '))];
  });
}

const faultRows = () =>
  faults.map(({ fault, signedIn, signedOut, shownBy }) => {
    return [fault, withNumbers(signedIn), withNumbers(signedOut), proof(`"${fault}"`, shownBy)];
  });

const numberRows = () =>
  (Object.keys(numbers) as NumberName[]).map((name) => {
    const { what, name: code, file } = numbers[name];
    return [what, textOf(name), `\`${code}\``, file === undefined ? '[setting](settings.md)' : `\`${file}\``];
  });

/** The table of the models names what each of them checks, and nothing else. */
function checkModelsPage(): void {
  const text = readFileSync(MODELS_PAGE, 'utf8');
  for (const [file, names] of shownByModel) {
    const row = new RegExp(String.raw`^\| \`${file.replace('.pml', '')}\` .*$`, 'm').exec(text)?.[0] ?? '';
    const shown = row.split('|')[4] ?? '';
    const inRow = [...new Set(shown.match(INVARIANT))].toSorted(byNumber);
    if (inRow.join() !== names.join())
      problems.push(`${MODELS_PAGE}: ${file} checks ${names.join(', ')}, its row says ${inRow.join(', ')}`);
    const states = worlds.filter(({ name, thousands }) => `${name}.pml` === file && thousands > 0);
    const said = (row.split('|')[3] ?? '').match(/[\d,]*\d/g) ?? [];
    const measured = states.map(({ thousands }) => thousands.toLocaleString('en'));
    if (said.join(' ') !== measured.join(' '))
      problems.push(
        `${MODELS_PAGE}: ${file} has ${measured.join(' and ')} thousand states, its row says ${said.join(' and ')}`,
      );
  }
}

const parts: Readonly<Record<string, string>> = {
  promises: table(['promise', 'what bounds it', 'shown by'], promiseRows()),
  invariants: table(['name', 'what always holds', 'what bounds it', 'shown by'], invariantRows()),
  faults: table(['fault', 'who is signed in', 'who was signed out', 'shown by'], faultRows()),
  sums: table(['what', 'within', 'parts of it in the code', 'the rest is for'], sumRows()),
  numbers: table(['what', 'how long, or how many', 'name', 'where'], numberRows()),
};
checkModelsPage();
problems.push(...wrongSums());
for (const [file, names] of shownByModel)
  for (const name of names)
    if (!named.has(`${file} ${name}`)) problems.push(`models/${file} checks ${name}, which the page does not name`);

const page = readFileSync(PAGE, 'utf8');
let wanted = page;
for (const [name, text] of Object.entries(parts)) {
  const marks = new RegExp(String.raw`(<!-- ${name} -->)[\s\S]*(<!-- /${name} -->)`);
  if (!marks.test(page)) problems.push(`${PAGE} has no marks for ${name}`);
  wanted = wanted.replace(marks, (_, start: string, end: string) => `${start}\n\n${text}\n\n${end}`);
}
wanted = await format(wanted, { ...(await resolveConfig(PAGE)), parser: 'markdown' });
if (!process.argv.includes('--check')) writeFileSync(PAGE, wanted);
else if (wanted !== page) problems.push(`${PAGE} is stale: run npm run docs:budget`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
