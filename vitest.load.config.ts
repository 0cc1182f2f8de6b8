// What takes minutes: `npm run test:import-million`.
import base from './vitest.config.js';

export default { ...base, test: { ...base.test, include: ['test/load/*.load.ts'] } };
