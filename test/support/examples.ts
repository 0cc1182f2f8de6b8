// Keeps answers of a run as the document's examples (`npm run docs:examples`), and says when they do not fit any more.
import { readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import type { Answer } from './client.js';

const FILE = 'src/openapi/openapi-examples.json';

export interface Example {
  /** In the words of the document: method, path, status and, for a refusal, its code. */
  readonly name: string;
  readonly body: unknown;
}

interface Examples {
  readonly answers: Record<string, unknown>;
  readonly refusals: Record<string, unknown>;
}

const examples = JSON.parse(readFileSync(FILE, 'utf8')) as Examples;

const MAX_LENGTH = 3_000;

export function exampleOf(name: string, { json, text, headers }: Answer): Example | undefined {
  if (!String(headers['content-type']).includes('json') || text.length > MAX_LENGTH) return undefined;
  return { name, body: JSON.parse(JSON.stringify(json), shortened) };
}

/** A whole token in a file is an alarm for every scanner of secrets. */
const shortened = (key: string, value: unknown): unknown =>
  /^(?:access|refresh|device)Token$/.test(key) ? `${String(value).slice(0, 24)}…` : value;

/** Members and their types, whatever their values. */
const shapeOf = (value: unknown): string => {
  if (Array.isArray(value)) return `[${[...new Set(value.map(shapeOf))].join()}]`;
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  const members = Object.entries(value).filter(([name]) => name !== 'details');
  return `{${members
    .map(([name, member]) => `${name}:${shapeOf(member)}`)
    .toSorted()
    .join()}}`;
};

/** An example stays while an answer of its shape is met, so that only what changed is new. */
export async function keep(met: readonly Example[]): Promise<void> {
  const byName = new Map(met.map(({ name }) => [name, met.filter((each) => each.name === name)]));
  const update = (all: Record<string, unknown>, key: string, found: readonly Example[]) => {
    const isMet = found.some(({ body }) => shapeOf(body) === shapeOf(all[key]));
    const richest = found.toSorted((a, b) => shapeOf(b.body).length - shapeOf(a.body).length)[0];
    if (!isMet) all[key] = richest?.body;
  };
  for (const [name, found] of byName) {
    const code = name.split(' ')[3];
    if (code === undefined) update(examples.answers, name, found);
    else
      update(examples.refusals, found.some(({ body }) => 'error' in (body as object)) ? `oauth_${code}` : code, found);
  }
  const sorted = (all: Record<string, unknown>) => Object.fromEntries(Object.entries(all).toSorted());
  const text = JSON.stringify({ answers: sorted(examples.answers), refusals: sorted(examples.refusals) });
  writeFileSync(FILE, await format(text, { parser: 'json' }));
}
