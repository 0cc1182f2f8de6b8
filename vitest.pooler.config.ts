// Through a real PgBouncer: `npm run test:pooler`, in both modes.
import base from './vitest.config.js';

export default {
  ...base,
  test: {
    ...base.test,
    include: [
      'test/refresh*.test.ts',
      'test/{conformance,restarts,revocation-schedule,pgbouncer}.test.ts',
      'test/{sessions,session-list,sign-in,revocation-many,passwords,stolen-token,key-rotation}.test.ts',
    ],
    globalSetup: [...[base.test?.globalSetup ?? []].flat(), 'test/support/pooler.ts'],
    maxWorkers: 2,
  },
};
