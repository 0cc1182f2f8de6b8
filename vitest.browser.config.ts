// Tests in a real Chromium: `npm run test:browser`, which installs Debian's where it may.
import base from './vitest.config.js';

export default {
  ...base,
  test: { ...base.test, include: ['test/browser/*.browser.ts'], expect: { poll: { timeout: 30_000 } } },
};
