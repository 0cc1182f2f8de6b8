// An import that is killed goes on where it was: no user twice, none lost, and the report is whole.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { fileOf } from './support/imports.js';
import { checkout, command, start } from './support/process.js';
import { startServiceForTest } from './support/service.js';
import { databaseSettings } from './support/settings.js';
import { until } from './support/until.js';

const LINES = 20_000;
const KILLS = [1_000, 6_000, 12_000];

/** Every hundredth line is refused. */
const lineOf = (at: number) =>
  at % 100 === 99
    ? { email: `${at}`, disabled: false }
    : { email: `${at}@import.example`, emailVerified: at % 2 === 0 };

it('goes on after each of three kills: 20,000 lines, each once', async () => {
  const service = await startServiceForTest();
  const folder = checkout();
  const file = join(mkdtempSync(join(tmpdir(), 'watchword-import-')), 'users.jsonl');
  onTestFinished(() => rmSync(join(file, '..'), { recursive: true, force: true }));
  writeFileSync(file, fileOf(Array.from({ length: LINES }, (_, at) => lineOf(at))));
  const settings = databaseSettings(service.databaseUrl);
  const args = ['cli', 'users', 'import', file, '--json'];
  const lineNow = async () => (await service.query<{ line: number }>('SELECT line FROM imports'))[0]?.line ?? 0;

  for (const at of KILLS) {
    const run = await start(folder, { args, settings });
    await until(`line ${at}`, async () => (await lineNow()) >= at || run.process.exitCode !== null);
    run.process.kill('SIGKILL');
    expect(await run.exited).toBeNull();
  }
  const killedAt = await lineNow();
  expect(killedAt).toBeLessThan(LINES);
  const last = await command(folder, args, settings);
  const refused = LINES / 100;
  const report = {
    ...{ dryRun: false, lines: LINES, imported: LINES - refused, refused },
    refusals: { email_invalid: { count: refused, lines: Array.from({ length: 10 }, (_, at) => at * 100 + 100) } },
  };
  expect([last.code, JSON.parse(last.stdout)]).toMatchObject([1, { ...report, resumedAfter: expect.any(Number) }]);
  expect(
    await service.query(
      `SELECT count(*)::int AS users, count(DISTINCT email)::int AS addresses FROM users WHERE email LIKE '%@import.example'`,
    ),
  ).toEqual([{ users: LINES - refused, addresses: LINES - refused }]);
  const again = await command(folder, args, settings);
  expect(JSON.parse(again.stdout)).toMatchObject({ ...report, resumedAfter: LINES });
  // For people; and nothing but lines of text is taken.
  const dry = await command(folder, ['cli', 'users', 'import', file, '--dry-run'], settings);
  expect(dry.stdout).toMatch(
    /^Dry run, nothing was changed: 20000 lines: 19800 users would be imported, 200 lines refused/,
  );
  expect(dry.stdout).toContain('email_invalid: 200 (line 100, 200, ');
  writeFileSync(file, gzipSync('{}'));
  expect(JSON.parse((await command(folder, args, settings)).stdout).error.code).toBe('file_compressed');
  const device = await command(folder, ['cli', 'users', 'import', '/dev/null', '--json'], settings);
  expect(JSON.parse(device.stdout).error.code).toBe('file_unreadable');
  writeFileSync(file, '{"email":"one@import.example.com"}\n');
  expect((await command(folder, args, settings)).code).toBe(0);
}, 300_000);
