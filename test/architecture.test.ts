// The law of the house: which folder may lean on which, and what may stand only in one place.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settings } from '../src/config/settings.js';
import { refusalCodes } from '../src/errors.js';

/** Each folder of src/ is a floor. Code leans only on floors listed before its own, and on its own. */
const floors = [
  ...['config', 'runtime', 'telemetry', 'database', 'redis', 'http', 'audit', 'keys', 'tokens', 'mail', 'users'],
  ...['revocation', 'sessions', 'factors', 'sign-in', 'credentials', 'enrolment', 'upstream', 'auth', 'accounts'],
  ...['admin', 'siblings', 'health', 'cli'],
];
/** Of the files directly in src/, these may be used by all; the others may use all and be used by none. */
const ground = ['errors.ts', 'clock.ts'];

const files = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));

const sources = files('src').map((file) => ({ file, text: readFileSync(file, 'utf8') }));
const code = sources.filter(({ file }) => !file.endsWith('.test.ts'));
const offenders = (pattern: RegExp, allowed: (file: string) => boolean = () => false) =>
  code.filter(({ file, text }) => pattern.test(text) && !allowed(file)).map(({ file }) => file);

const floorOf = (file: string) => floors.indexOf(file.split('/')[1] ?? '');

describe('the house', () => {
  it('has only floors that are listed', () => {
    for (const { file } of code.filter(({ file: path }) => path.split('/').length > 2))
      expect([file, floorOf(file)]).not.toContain(-1);
  });

  it('leans downwards only', () => {
    for (const { file, text } of code) {
      const isRoot = file.split('/').length === 2;
      for (const [, target = ''] of text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
        const imported = normalize(join(dirname(file), target)).replace(/\.js$/, '.ts');
        const isGround = ground.some((name) => imported === join('src', name));
        if (isGround || (isRoot && !ground.includes(file.slice(4)))) continue;
        expect.soft(floorOf(imported), `${file} leans on ${imported}`).toBeGreaterThanOrEqual(0);
        expect.soft(floorOf(imported), `${file} leans on ${imported}`).toBeLessThanOrEqual(floorOf(file));
      }
    }
  });

  it('reads the environment in config only', () => {
    expect(offenders(/process\.env/, (file) => file.startsWith('src/config/'))).toEqual([]);
  });

  it('asks the time of the clock only', () => {
    expect(offenders(/new Date\(\)|Date\.now\(/, (file) => file === 'src/clock.ts')).toEqual([]);
  });

  it('has no barrels, default exports or circles of modules', () => {
    expect(files('src').filter((file) => file.endsWith('/index.ts'))).toEqual([]);
    expect(offenders(/^export (\*|default)/m)).toEqual([]);
    expect(offenders(/forwardRef/)).toEqual([]);
  });

  it('opens transactions through inTransaction only', () => {
    expect(offenders(/\.transaction\(/)).toEqual([]);
  });

  it('throws no HTTP exceptions from the domain', () => {
    const thrown = /throw new (?!Refusal\b|Error\b|ConfigError\b|SyntaxError\b)\w+/;
    expect(offenders(thrown)).toEqual([]);
  });

  it('keeps every file under 200 lines', () => {
    const tooLong = code.filter(({ text }) => text.split('\n').length > 200);
    expect(tooLong.map(({ file }) => file)).toEqual([]);
  });
});

describe('the contract', () => {
  const tests = files('test')
    .filter((file) => !file.endsWith('architecture.test.ts'))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');

  it.each(refusalCodes)('meets the refusal %s in a test', (name) => {
    expect(tests).toContain(`'${name}'`);
  });

  it.each(refusalCodes)('explains the refusal %s in the README', (name) => {
    expect(readFileSync('README.md', 'utf8')).toContain(`\`${name}\``);
  });

  it.each(Object.keys(settings))('reads the setting %s somewhere', (name) => {
    const readers = code.filter(
      ({ file, text }) => !file.endsWith('settings.ts') && new RegExp(`\\b${name}\\b`).test(text),
    );
    expect(readers.map(({ file }) => file)).not.toEqual([]);
  });

  it('explains every event that it logs', () => {
    const guide = readFileSync('docs/operations/events.md', 'utf8');
    const events = code.flatMap(({ text }) => [
      ...text.matchAll(/\bevent: '([\w.]+)'|type: ('[\w.]+'(?: \| '[\w.]+')*)/g),
    ]);
    const names = events
      .flatMap(([, event = '', types = '']) => [event, ...types.split(/[' |]+/)])
      .filter((name) => /[._]/.test(name));
    expect(names.length).toBeGreaterThan(20);
    for (const name of new Set(names)) expect.soft(guide, name).toContain(`\`${name}\``);
  });

  it('writes each table in one folder only', () => {
    const owners: Record<string, string[]> = {
      users: ['src/users/'],
      refreshTokens: ['src/sessions/'],
      accessRevocations: ['src/revocation/'],
      revocationOutbox: ['src/revocation/'],
      alertDeliveries: ['src/audit/'],
      signingKeys: ['src/keys/'],
      serverSecrets: ['src/keys/'],
      auditEvents: ['src/audit/'],
    };
    for (const [table, owned] of Object.entries(owners)) {
      const writes = new RegExp(
        `(?:insert|update|delete)\\(${table}\\)|(?:insert into|update|delete from) \\$\\{${table}\\}`,
      );
      expect(offenders(writes, (file) => owned.some((place) => file.startsWith(place)))).toEqual([]);
    }
  });
});
