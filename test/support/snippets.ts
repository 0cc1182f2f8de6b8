// The blocks of code in docs/clients, as files: the first line of a block names its file.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

const FOLDER = 'docs/clients';

export interface Snippet {
  /** The page without its ending, such as `react`. */
  readonly page: string;
  readonly file: string;
  readonly code: string;
}

/** Of a Vue component the script; it is a module like the others. */
const scriptOf = (language: string, code: string) =>
  language === 'vue' ? (/<script[^>]*>\n([\s\S]*?)<\/script>/.exec(code)?.[1] ?? '') : code;

export const snippets: readonly Snippet[] = readdirSync(FOLDER).flatMap((name) => {
  const text = readFileSync(join(FOLDER, name), 'utf8');
  return [...text.matchAll(/^```(js|jsx|ts|tsx|vue)\n([\s\S]*?)^```/gm)].map(([, language = '', code = '']) => {
    const file = /^(?:\/\/|<!--) (\S+)/.exec(code)?.[1] ?? '';
    return { page: basename(name, '.md'), file: file.replace(/\.vue$/, '.vue.ts'), code: scriptOf(language, code) };
  });
});

/** @returns the folder with a folder for each page, where the packages of this project are found */
export function writtenSnippets(): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-snippets-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  for (const { page, file, code } of snippets) {
    const path = join(folder, page, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
  }
  return folder;
}
