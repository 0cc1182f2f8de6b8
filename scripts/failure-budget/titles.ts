// The titles of tests that carry the name of an invariant.
import { readFileSync } from 'node:fs';

/** A title stands first in a call of a test function, on its own line where the call is long. */
const TITLE = /^(?:\s*(?:it|test|describe)\b[^'"`]*\(|.*\)\(|\s*)(['"`])((?:(?!\1).)+)\1,/gm;

/** @param name of an invariant. @returns `file`: “title”, “title” of each file that has one */
export function titlesWith(name: string, files: readonly string[]): string {
  const found = files.map((file) => {
    const titles = [...readFileSync(file, 'utf8').matchAll(TITLE)].map(([, , title = '']) => title);
    return { file, titles: titles.filter((title) => new RegExp(String.raw`\b${name}\b`).test(title)) };
  });
  const named = found.filter(({ titles }) => titles.length > 0);
  return named.map(({ file, titles }) => `\`${file}\`: ${titles.map((title) => `“${title}”`).join(', ')}`).join('; ');
}
