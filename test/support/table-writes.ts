// Finds the tables that a source file writes, by drizzle's builder or by SQL, also under an alias.
import { getTableName, is, Table } from 'drizzle-orm';
import * as audit from '../../src/database/audit-schema.js';
import * as factors from '../../src/database/factors-schema.js';
import * as limits from '../../src/database/limits-schema.js';
import * as mail from '../../src/database/mail-schema.js';
import * as passkeys from '../../src/database/passkeys-schema.js';
import * as schema from '../../src/database/schema.js';
import * as services from '../../src/database/services-schema.js';
import * as upstream from '../../src/database/upstream-schema.js';

/** Each table's variable in schema.ts, and its name in the database. */
export const tables: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...schema,
    ...audit,
    ...factors,
    ...limits,
    ...mail,
    ...passkeys,
    ...services,
    ...upstream,
  }).flatMap(([variable, value]) => (is(value, Table) ? [[variable, getTableName(value)]] : [])),
);

/** The class for claimed rows receives the table that it writes. */
const builders = '(?:\\.\\s*(?:insert|update|delete)|new ClaimedRows(?:<\\w+>)?)\\s*\\((?:\\w+, )?\\s*';
const statements =
  '\\b(?:insert\\s+into|merge\\s+into|delete\\s+from|update|truncate(?:\\s+table)?|copy)\\s+(?:only\\s+)?';

/** @returns the variables of the tables that the text writes. Comments do not count. */
export function writesOf(source: string): string[] {
  const text = source.replaceAll(/\/\*[^]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '');
  return [...tables].filter(([variable, name]) => writes(text, variable, name)).map(([variable]) => variable);
}

function writes(text: string, variable: string, name: string): boolean {
  const names = [variable, ...othersFor(variable, text)].map((each) => `(?:\\w+\\.)?${each}\\b`).join('|');
  const inSql = `\\$\\{\\s*(?:${names})|(?:"?public"?\\.)?"?${name}\\b`;
  return new RegExp(`${builders}(?:${names})|${statements}(?:${inSql})`, 'i').test(text);
}

/** `import { users as people }`, `const people = users`, `alias(users, 'p')`. */
function othersFor(variable: string, text: string): string[] {
  const renamed = text.matchAll(new RegExp(`\\b${variable} as (\\w+)`, 'g'));
  const assigned = text.matchAll(
    new RegExp(`\\b(?:const|let) (\\w+) = (?:alias\\(\\s*)?(?:\\w+\\.)?${variable}\\b(?!\\.)`, 'g'),
  );
  return [...renamed, ...assigned].map(([, other = '']) => other);
}
