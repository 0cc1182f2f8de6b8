// Reads texts that replace single built-in ones, from one JSON file per language.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Language, languages } from '../../config/languages.js';
import { CONTROL, namesIn } from './fill.js';
import {
  commonParts,
  hasLink,
  isMessageKind,
  messageKinds,
  placeholdersIn,
  placeholdersInCommon,
  textParts,
} from './message-kinds.js';

/** By kind of mail (or `common`) and part. */
type Replacements = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface Overrides {
  readonly texts: Readonly<Record<Language, Replacements>>;
  /** A sentence for each text that is not usable; the built-in one stays in its place. */
  readonly mistakes: readonly string[];
}

const MAX_TEXT = 1_000;

export function readOverrides(folder: string | undefined): Overrides {
  const texts: Record<Language, Replacements> = { en: {}, de: {} };
  if (folder === undefined) return { texts, mistakes: [] };
  const mistakes: string[] = [];
  const names = listed(folder, mistakes);
  for (const name of names.filter((each) => each.endsWith('.json'))) {
    const language = languages.find((each) => `${each}.json` === name);
    if (language) texts[language] = usableIn(join(folder, name), mistakes);
    else mistakes.push(`${join(folder, name)} is not used: its name must be ${languages.join('.json or ')}.json`);
  }
  if (names.length > 0 && !names.some((name) => languages.some((each) => `${each}.json` === name)))
    mistakes.push(`${folder} holds neither ${languages.join('.json nor ')}.json`);
  return { texts, mistakes };
}

function listed(folder: string, mistakes: string[]): string[] {
  try {
    const names = readdirSync(folder);
    if (names.length === 0) mistakes.push(`${folder} is empty`);
    return names;
  } catch (cause) {
    mistakes.push(`${folder} cannot be read (${codeOf(cause)})`);
    return [];
  }
}

function usableIn(file: string, mistakes: string[]): Replacements {
  const content = parsed(file, mistakes);
  const usable: Record<string, Record<string, string>> = {};
  for (const [kind, parts] of Object.entries(content)) {
    if (kind !== 'common' && !isMessageKind(kind)) {
      mistakes.push(`${file}: ${kind} is not a mail: use ${messageKinds.join(', ')} or common`);
      continue;
    }
    if (!isObject(parts)) {
      mistakes.push(`${file}: ${kind} must be an object such as { "subject": "…" }`);
      continue;
    }
    for (const [part, text] of Object.entries(parts)) {
      const mistake = mistakeIn(kind, part, text);
      if (mistake !== undefined) mistakes.push(`${file}: ${kind}.${part} ${mistake}`);
      else if (typeof text === 'string') usable[kind] = { ...usable[kind], [part]: text };
    }
  }
  return usable;
}

function parsed(file: string, mistakes: string[]): Readonly<Record<string, unknown>> {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
    if (isObject(content)) return content;
    mistakes.push(`${file} must hold an object such as { "verify": { "subject": "…" } }`);
  } catch (cause) {
    mistakes.push(cause instanceof SyntaxError ? `${file} is not JSON` : `${file} cannot be read (${codeOf(cause)})`);
  }
  return {};
}

/** @returns the rest of a sentence that begins with the text's name */
function mistakeIn(kind: string, part: string, text: unknown): string | undefined {
  const parts = partsOf(kind);
  if (!parts.includes(part)) return `does not exist: use ${parts.join(', ')}`;
  if (typeof text !== 'string' || text.trim() === '') return 'must be a text that is not empty';
  if (text.length > MAX_TEXT) return `must have at most ${MAX_TEXT} characters`;
  if (text.search(CONTROL) >= 0) return 'must be one line without control characters';
  const allowed = isMessageKind(kind)
    ? placeholdersIn(kind)
    : commonParts.filter((each) => each === part).flatMap(placeholdersInCommon);
  const unknown = namesIn(text).find((name) => !allowed.includes(name));
  if (unknown === undefined) return undefined;
  return `names {${unknown}}, which has no value here: use ${allowed.map((name) => `{${name}}`).join(', ')}`;
}

const partsOf = (kind: string): readonly string[] => {
  if (!isMessageKind(kind)) return commonParts;
  return hasLink(kind) ? textParts : textParts.filter((part) => part !== 'button');
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const codeOf = (cause: unknown) => (cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown');
