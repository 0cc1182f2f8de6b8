import { DrizzleQueryError } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { crashEntry } from './last-resort.js';

it('logs of a failed statement what the database said, and none of its values', () => {
  const cause = new RangeError('value out of range');
  const entry = crashEntry(new DrizzleQueryError('INSERT INTO t VALUES ($1)', ['hunter2'], cause));
  expect(entry).toMatchObject({ name: 'RangeError', reason: 'value out of range' });
  expect(entry.stack).toContain('last-resort.test.ts');
  const causeless = crashEntry(new DrizzleQueryError('INSERT INTO t VALUES ($1)', ['hunter2']));
  expect(JSON.stringify([entry, causeless])).not.toContain('hunter2');
});

it('bounds the reason and the stack, and describes a thrown value that is no error', () => {
  const long = crashEntry(new Error('x'.repeat(100_000)));
  expect(long.reason).toHaveLength(1_000);
  expect(long.stack).not.toContain('xxx');
  const deep = new Error('deep');
  deep.stack = `Error: deep\n${'    at somewhere (file.js:1:1)\n'.repeat(1_000)}`;
  expect(crashEntry(deep).stack).toHaveLength(4_000);
  expect(crashEntry('a text')).toEqual({ name: 'string', reason: 'a text' });
});
