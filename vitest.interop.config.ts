// Verifiers that npm does not have: `npm run test:interop`, which installs them from Debian where it may.
import base from './vitest.config.js';

export default { ...base, test: { ...base.test, include: ['test/interop/*.interop.ts'] } };
