// Checks that each relative link of our Markdown pages leads to a file that exists, each #anchor to a heading of it, and that
// the index names every page of docs/.
import { existsSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { dirname, join, normalize } from 'node:path';

const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  encoding: 'utf8',
});
const pages = listed.split('\n').filter((page) => page !== '' && existsSync(page));

/** As on GitHub: lower case, without punctuation, with hyphens for spaces. */
const anchorOf = (heading) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
const anchorsOf = (text) => [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading));

const problems = [];
for (const page of pages) {
  const prose = readFileSync(page, 'utf8').replaceAll(/```[\s\S]*?```|`[^`]*`/g, '');
  for (const [, target] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : normalize(join(dirname(page), path));
    if (!existsSync(file)) problems.push(`${page} links to ${target}, which does not exist`);
    else if (anchor && !anchorsOf(readFileSync(file, 'utf8')).includes(anchor))
      problems.push(`${page} links to ${target}, and there is no such heading`);
  }
}
const index = readFileSync('docs/README.md', 'utf8');
for (const page of pages.filter((each) => each.startsWith('docs/') && each !== 'docs/README.md')) {
  if (!index.includes(`](${page.slice('docs/'.length)})`)) problems.push(`docs/README.md does not name ${page}`);
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
