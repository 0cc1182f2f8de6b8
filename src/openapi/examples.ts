// Answers of a test run, as examples: `npm run docs:openapi` writes the file.
import { readFileSync } from 'node:fs';

export interface Examples {
  /** By method, path and status. */
  readonly answers: Readonly<Record<string, unknown>>;
  /** By code; `oauth_` before it where the route speaks OAuth's words. */
  readonly refusals: Readonly<Record<string, unknown>>;
}

export const readExamples = (): Examples =>
  JSON.parse(readFileSync(new URL('./openapi-examples.json', import.meta.url), 'utf8')) as Examples;
