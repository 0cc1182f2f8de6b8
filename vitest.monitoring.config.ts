// The alerts and the dashboard against a service under attack: `npm run test:monitoring`, with Debian's Prometheus.
import base from './vitest.config.js';

export default { ...base, test: { ...base.test, include: ['test/monitoring/*.monitoring.ts'], testTimeout: 400_000 } };
