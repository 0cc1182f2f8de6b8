// Finds the tests and files that a text of our documents names, and says which of them do not exist.
import { existsSync, readFileSync } from 'node:fs';

/** A file in code marks, then perhaps the names of its tests in quotation marks. */
export const REFERENCE =
  /`((?:[\w.-]+\/)*[\w.-]+\.(?:[cm]?[jt]s|md|json|yml|pml)|Dockerfile|\.dockerignore)`((?:(?:: |, )“[^”]+”)*)/g;

export interface References {
  /** How many files the text names. */
  readonly count: number;
  /** One sentence for each file or title that does not exist. */
  readonly missing: readonly string[];
}

/** @param text Markdown that names files as `test/x.test.ts`: “a title of it”, “another one” */
export function referencesIn(text: string): References {
  const found = [...text.matchAll(REFERENCE)];
  const missing = found.flatMap(([, file = '', quoted = '']) => {
    if (!existsSync(file)) return [`names ${file}, which does not exist`];
    const source = readFileSync(file, 'utf8');
    return [...quoted.matchAll(/“([^”]+)”/g)].flatMap(([, title = '']) =>
      hasText(source, title) ? [] : [`names a test that ${file} does not have: ${title}`],
    );
  });
  return { count: found.length, missing };
}

const hasText = (source: string, text: string) => ["'", '"', '`'].some((mark) => source.includes(mark + text + mark));
