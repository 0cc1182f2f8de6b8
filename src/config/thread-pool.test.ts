import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { beforeEach, expect, it, vi } from 'vitest';

beforeEach(() => void vi.resetModules());

it('gives the pool a thread for each core, unless the environment says otherwise', async () => {
  vi.stubEnv('UV_THREADPOOL_SIZE', undefined);
  await import('./thread-pool.js');
  expect(process.env['UV_THREADPOOL_SIZE']).toBe(String(availableParallelism()));

  vi.resetModules();
  vi.stubEnv('UV_THREADPOOL_SIZE', '7');
  await import('./thread-pool.js');
  expect(process.env['UV_THREADPOOL_SIZE']).toBe('7');
});

it.each(['src/main.ts', 'src/cli/main.ts'])(
  'is the first import of %s: whatever comes before could use the pool',
  (file) => {
    expect(/^import .*$/m.exec(readFileSync(file, 'utf8'))?.[0]).toMatch(/config\/thread-pool\.js';$/);
  },
);
