// What nobody catches: one line of the log, then the end of the process.
import { expect, it } from 'vitest';
import { checkout, start, untilReady } from './support/process.js';
import { cloneDatabase } from './support/service.js';
import { databaseSettings, testSettings } from './support/settings.js';

const mistake = `new RangeError('a mistake of ours ' + 'x'.repeat(100_000))`;

it.each([
  ['an error that nobody catches', `throw ${mistake}`],
  ['a promise whose failure nobody handles', `Promise.reject(${mistake})`],
])(
  '%s is one fatal line, and the process ends with 1 (ASVS 16.5.4)',
  async (_, fault) => {
    const { PORT: _port, ...settings } = { ...testSettings, ...databaseSettings(await cloneDatabase()) };
    const fails = encodeURIComponent(`process.on('SIGUSR2', () => { ${fault}; });`);
    const changed = { NODE_OPTIONS: `--import data:text/javascript,${fails}`, LOG_LEVEL: 'info' };
    const run = await untilReady(await start(checkout(), { settings: { ...settings, ...changed } }));
    run.process.kill('SIGUSR2');
    expect(await run.exited).toBe(1);
    const reason: unknown = expect.stringMatching(/^a mistake of ours x+$/);
    expect(run.events('process.crashed')).toMatchObject([{ level: 'fatal', name: 'RangeError', reason }]);
    expect(JSON.stringify(run.events('process.crashed'))).toMatch(/^.{1,6000}$/);
    expect(run.output()).not.toContain('x'.repeat(2_000));
  },
  120_000,
);
