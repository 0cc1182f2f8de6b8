// The blocks of code in docs/clients and in the README, as files: the first line of a block names its file.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

const FOLDER = 'docs/clients';
const PAGES = ['README.md', ...readdirSync(FOLDER).map((name) => join(FOLDER, name))];

export interface Snippet {
  /** The page without its ending, such as `react`. */
  readonly page: string;
  readonly file: string;
  readonly code: string;
}

/** Of a Vue component the script, which shows its template whatever it declares. */
const scriptOf = (language: string, code: string) =>
  language === 'vue'
    ? (/<script[^>]*>\n([\s\S]*?)<\/script>/.exec(code)?.[1] ?? '').replaceAll(/^const /gm, 'export const ')
    : code;

export const snippets: readonly Snippet[] = PAGES.flatMap((path) => {
  const text = readFileSync(path, 'utf8');
  const blocks = text.matchAll(/^```(js|jsx|ts|tsx|vue)\n([\s\S]*?)^```/gm);
  return [...blocks].flatMap(([, language = '', code = '']) => {
    const file = /^(?:\/\/|<!--) (\S+)/.exec(code)?.[1] ?? '';
    if (file === '' && path === 'README.md') return []; // those of services have their examples
    const page = path === 'README.md' ? 'readme' : basename(path, '.md');
    return { page, file: file.replace(/\.vue$/, '.vue.ts'), code: scriptOf(language, code) };
  });
});

/**
 * @param change such as another issuer
 * @returns the folder with a folder for each page, where the packages of this project are found
 */
export function writtenSnippets(change = (code: string) => code): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-snippets-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  for (const { page, file, code } of snippets) {
    const path = join(folder, page, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, change(code));
  }
  return folder;
}
