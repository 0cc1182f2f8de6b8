import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import { gatheredLines } from './gathered-lines.js';

function logInto() {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'log');
  const log = pino({ base: null, timestamp: false }, gatheredLines(openSync(file, 'w')));
  const messages = () =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { msg: string }).msg);
  return { log, messages };
}

it('writes frequent lines together, some milliseconds later', async () => {
  const { log, messages } = logInto();
  log.info('one');
  log.info('two');
  expect(messages()).toEqual([]);
  await vi.waitFor(() => expect(messages()).toEqual(['one', 'two']), { timeout: 5_000 });
});

it('writes a warning at once, and what came before it first', () => {
  const { log, messages } = logInto();
  log.info('one');
  log.warn('two');
  expect(messages()).toEqual(['one', 'two']);
  log.error('three');
  expect(messages()).toEqual(['one', 'two', 'three']);
});

it('writes what is left when the process ends', () => {
  const { log, messages } = logInto();
  log.info('one');
  for (const end of process.listeners('exit')) if (end.name === 'flush') end(0);
  expect(messages()).toEqual(['one']);
});
