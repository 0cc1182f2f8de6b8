// Finds the tables that a source file writes, by drizzle's builder or by SQL, also under an alias.
import { getTableName, is, Table } from 'drizzle-orm';
import { tables as all } from '../../src/database/tables.js';

/** Each table's variable in src/database/schema, and its name in the database. */
export const tables: ReadonlyMap<string, string> = new Map(
  Object.entries(all).flatMap(([variable, value]) => (is(value, Table) ? [[variable, getTableName(value)]] : [])),
);

/** The classes for claimed rows and for purges receive the table that they write. */
const builders =
  '(?:\\.\\s*(?:insert|update|delete)|new ClaimedRows(?:<\\w+>)?|new Purging)\\s*\\((?:\\w+, )?\\s*(?:\\{\\s*table: )?';
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
