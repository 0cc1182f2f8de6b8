import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: [
      'test/support/built-pages.ts',
      'test/support/redis-binary.ts',
      'test/support/postgres.ts',
      'test/support/met.ts',
    ],
    setupFiles: ['reflect-metadata', 'test/support/seed.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A worker loads the application once and not for each file: half of the processor time of a run went there.
    isolate: false,
    maxWorkers: 3,
    env: { NODE_ENV: 'test' },
  },
});
