import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.js';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: [
      'test/support/built.ts',
      'test/support/redis-binary.ts',
      'test/support/postgres.ts',
      'test/support/met.ts',
    ],
    setupFiles: ['test/support/seed.ts', 'test/support/each-file.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    isolate: false, // a file that starts loads nothing again: half of the processor time was that
    maxWorkers: 4, // of two cores: much of a test waits for its service
    sequence: { sequencer: LongestFirst },
    env: { NODE_ENV: 'test' },
  },
});
