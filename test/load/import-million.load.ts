// A million lines: an import that is killed in the middle and run again, in a process with little memory.
// `npm run test:import-million`; LINES=… for fewer. It takes minutes, and cleans up.
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { checkout, command, start } from '../support/process.js';
import { startServiceForTest } from '../support/service.js';
import { databaseSettings } from '../support/settings.js';
import { until } from '../support/until.js';

const LINES = Number(process.env['LINES'] ?? 1_000_000);
/** The command line alone needs most of it; the lines would need several times as much. */
const HEAP_MB = 96;

async function written(file: string): Promise<void> {
  const out = createWriteStream(file);
  for (let at = 0; at < LINES; at += 1_000) {
    const lines = Array.from(
      { length: 1_000 },
      (_, of) => `{"email":"${at + of}@million.example","emailVerified":true}\n`,
    );
    if (!out.write(lines.join(''))) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
}

it(`${LINES} lines, killed in the middle: none twice, none lost, in ${HEAP_MB} MB`, async () => {
  const service = await startServiceForTest();
  const folder = checkout();
  const temporary = mkdtempSync(join(tmpdir(), 'watchword-million-'));
  onTestFinished(() => rmSync(temporary, { recursive: true, force: true }));
  const file = join(temporary, 'users.jsonl');
  await written(file);
  const settings = { ...databaseSettings(service.databaseUrl), NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` };
  const args = ['cli', 'users', 'import', file, '--json'];
  const begun = performance.now();
  const run = await start(folder, { args, settings });
  const isHalfway = async () => {
    const [found] = await service.query<{ line: number }>('SELECT line FROM imports');
    return (found?.line ?? 0) >= LINES / 2;
  };
  await until('half of the lines', isHalfway, 1_200_000);
  run.process.kill('SIGKILL');
  expect(await run.exited).toBeNull();
  const again = await command(folder, args, settings);
  const seconds = (performance.now() - begun) / 1_000;
  process.stdout.write(`${LINES} lines in ${Math.round(seconds)} s: ${Math.round(LINES / seconds)} a second\n`);
  expect(JSON.parse(again.stdout)).toMatchObject({ lines: LINES, imported: LINES, refused: 0 });
  const [counted] = await service.query(
    'SELECT count(*)::int AS users, count(DISTINCT email)::int AS emails FROM users',
  );
  expect(counted).toEqual({ users: LINES, emails: LINES });
  await service.query('TRUNCATE users CASCADE'); // the search for secrets at the end of a service reads every row
}, 2_400_000);
