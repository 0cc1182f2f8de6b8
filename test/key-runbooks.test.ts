// Runs the runbooks of the signing keys line by line against a running service; and further answers of the commands.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { KeyWatch } from '../src/keys/key-watch.js';
import { call, decode, me, mobile, refresh } from './support/client.js';
import { checkout, command } from './support/process.js';
import { cloneDatabase, type Service, startService } from './support/service.js';
import { databaseSettings, testSettings } from './support/settings.js';

interface Step {
  readonly lines: readonly string[];
  /** The output of the last line. */
  readonly answer: string | undefined;
}

/** The shell blocks of a chapter, each with the text block that follows it. */
function chapter(file: string, title: string): Step[] {
  const text = readFileSync(`docs/operations/${file}`, 'utf8').split(`\n## ${title}`)[1]?.split('\n## ')[0] ?? '';
  const blocks = [...text.matchAll(/^ *```(sh|text)\n([^`]+)```/gm)].map(([, kind, body = '']) => ({
    kind,
    body: body.trim(),
  }));
  return blocks.flatMap(({ kind, body }, index) => {
    const next = blocks[index + 1];
    const lines = body.split('\n').map((line) => line.trim());
    return kind === 'sh' ? [{ lines, answer: next?.kind === 'text' ? next.body : undefined }] : [];
  });
}

const rotation = (title: string) => chapter('key-rotation.md', title);

/** Replaces names, sizes and times, which differ from the document. */
function pattern(answer: string): RegExp {
  const lines = answer.split('\n').map((line) => line.trim().replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
  const text = lines.join('\n').replace(/[A-Z]*_?KID[A-Z_]*/g, '[\\w-]{43}');
  return new RegExp(
    `^${text.replace(/\d{4}-\d\d-\d\dT[\d:]+Z/g, '\\d{4}-\\d\\d-\\d\\dT[\\d:]+Z').replace(/\d{4} bits/g, '\\d{4} bits')}$`,
  );
}

interface Desk {
  readonly service: Service;
  readonly folder: string;
  settings: Record<string, string>;
  cli(...args: string[]): Promise<{ code: number | null; output: string }>;
  json(...args: string[]): Promise<Record<string, any>>;
  run(steps: readonly Step[]): Promise<void>;
}

const statesOf = async (desk: Desk) => (await desk.json('keys', 'list'))['keys'] as { kid: string; state: string }[];

/** The command line beside a running service, built once for all tests. */
async function sitDown(): Promise<Desk> {
  const databaseUrl = await cloneDatabase();
  const service = await startService({}, { databaseUrl });
  onTestFinished(() => service.stop());
  const { KEY_ENCRYPTION_KEY } = testSettings;
  const desk: Desk = {
    service,
    folder: checkout(),
    settings: { ...databaseSettings(databaseUrl), KEY_ENCRYPTION_KEY },
    async cli(...args) {
      const { code, stdout, stderr } = await command(desk.folder, ['cli', ...args], desk.settings);
      return { code, output: (code === 0 ? stdout : stderr.replace(/^Database: .*\n/, '')).trim() };
    },
    async json(...args) {
      const { code, output } = await desk.cli(...args, '--json');
      expect([args, code, output]).toEqual([args, 0, expect.any(String)]);
      return JSON.parse(output) as Record<string, any>;
    },
    async run(steps) {
      expect(steps.length).toBeGreaterThan(0);
      for (const { lines, answer } of steps) {
        let said = '';
        for (const line of lines) said = await oneLine(desk, line);
        if (answer !== undefined) expect(said).toMatch(pattern(answer));
      }
    },
  };
  return desk;
}

async function oneLine(desk: Desk, line: string): Promise<string> {
  if (!line.startsWith('npm run cli -- ')) {
    return execFileSync('sh', ['-c', line], {
      cwd: desk.folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  }
  const kid = line.includes('KID_OF_SIGNER')
    ? (await statesOf(desk)).find(({ state }) => state === 'signing')?.kid
    : '';
  const { code, output } = await desk.cli(
    ...line
      .replace('npm run cli -- ', '')
      .replace('KID_OF_SIGNER', kid ?? '')
      .split(' '),
  );
  expect([line, code, output]).toEqual([line, 0, expect.any(String)]);
  return output;
}

/** Makes the keys two days old. */
const age = (service: Service) =>
  service.query(`UPDATE signing_keys SET published_at = published_at - interval '2 days',
    activate_at = activate_at - interval '2 days' WHERE private_sealed IS NOT NULL`);

const kidOf = (token: string) => decode(token, 0)['kid'] as string;

it('key-rotation.md: list, rotate, import a 4096-bit key of openssl that then signs, exchange the key-encryption key', async () => {
  const desk = await sitDown();
  const { service } = desk;
  const phone = await mobile(service.url);
  await desk.run(rotation('List the keys'));

  const early = await desk.cli('keys', 'rotate');
  expect(early).toMatchObject({
    code: 1,
    output: expect.stringMatching(/^The standby .* Rotate after \S+Z, or use --force\.$/),
  });
  await age(service);
  await desk.run(rotation('Rotate ahead of the schedule'));
  expect((await desk.cli('keys', 'rotate')).output).toMatch(
    /^A rotation is in progress: [\w-]{43} signs from \S+Z on\.$/,
  );
  await service.advance(61);
  await service.app.get(KeyWatch).look();
  expect((await statesOf(desk)).map(({ state }) => state)).toEqual(['retired', 'signing', 'standby']);
  const second = (await refresh(service.url, phone.refreshToken)).json;
  expect(kidOf(second['accessToken'])).not.toBe(kidOf(phone.accessToken));

  await desk.run(rotation('Import your own key'));
  expect(existsSync(join(desk.folder, 'own-key.pem'))).toBe(false);
  expect(await desk.json('keys', 'rotate', '--force')).toMatchObject({
    changed: true,
    sentence: expect.stringContaining('was published at'),
  });
  await service.advance(61);
  await service.app.get(KeyWatch).look();
  const third = (await refresh(service.url, second['refreshToken'])).json;
  expect(kidOf(third['accessToken'])).toBe('winter-2026');
  expect(Buffer.from(third['accessToken'].split('.')[2], 'base64url')).toHaveLength(512);
  expect((await me(service.url, third['accessToken'])).status).toBe(200);

  await service.advance(3_700); // the first key is removed
  await service.app.get(KeyWatch).look();
  const next = Buffer.alloc(32, 5).toString('base64');
  desk.settings = { ...desk.settings, KEY_ENCRYPTION_KEY: next };
  expect((await desk.cli('keys', 'rewrap')).output).toMatch(
    /^The key-encryption key does not open winter-2026.*refresh-ratchet, derivation\. Nothing was changed/,
  );
  desk.settings = { ...desk.settings, KEY_ENCRYPTION_KEY_PREVIOUS: testSettings.KEY_ENCRYPTION_KEY };
  const steps = rotation('Exchange the key-encryption key');
  const count = (await service.query(`SELECT 1 FROM signing_keys WHERE private_sealed IS NOT NULL`)).length;
  await desk.run(steps.map((step) => ({ ...step, answer: step.answer?.replace('3 key(s)', `${count} key(s)`) })));
  const after = await startService({ KEY_ENCRYPTION_KEY: next }, { databaseUrl: service.databaseUrl });
  onTestFinished(() => after.stop());
  const fourth = (await refresh(after.url, third['refreshToken'])).json;
  expect((await me(after.url, fourth['accessToken'])).status).toBe(200);

  const acts = await service.query<{ type: string }>(
    `SELECT DISTINCT type FROM audit_events WHERE user_agent LIKE 'cli %' ORDER BY type`,
  );
  expect(acts.map(({ type }) => type)).toEqual(
    ['activated', 'imported', 'published', 'removed', 'retired', 'rewrapped']
      .map((act) => `key.${act}`)
      .concat('secret.rewrapped'),
  );
}, 240_000);

it('key-compromise.md: revoke without a key-encryption key, and list what is left', async () => {
  const desk = await sitDown();
  const { service } = desk;
  await age(service);
  const { KEY_ENCRYPTION_KEY: _lost, ...without } = desk.settings;
  desk.settings = without;
  const phone = await mobile(service.url);
  const [list, ...revocation] = chapter('key-compromise.md', 'Revoke it');
  await desk.run([list!, revocation[0]!]);
  expect((await me(service.url, phone.accessToken)).status).toBe(200);
  await desk.run([revocation[1]!]);
  await service.app.get(KeyWatch).look();
  expect((await me(service.url, phone.accessToken)).json).toMatchObject({ code: 'token_stale', session: 'keep' });
  const again = (await refresh(service.url, phone.refreshToken)).json;
  expect((await me(service.url, again['accessToken'])).status).toBe(200);
  await desk.run([revocation[2]!]);
  const { keys } = (await call(service.url, 'GET', '/.well-known/jwks.json')).json as { keys: { kid: string }[] };
  expect(keys.map(({ kid }) => kid)).not.toContain(kidOf(phone.accessToken));
  expect(keys).toHaveLength(2);

  expect(await desk.json('keys', 'revoke', kidOf(phone.accessToken))).toMatchObject({
    changed: false,
    objection: 'revoked_already',
  });
  for (const [args, exitCode, sentence] of [
    [['keys', 'revoke', 'nobody'], 1, 'No such key'],
    [['keys', 'revoke', `-${'x'.repeat(42)}`], 1, 'No such key'],
    [['keys', 'revoke'], 2, 'Missing the kid'],
    [['keys', 'import', 'no-such-file'], 1, 'cannot be read'],
    [['keys', 'import'], 2, 'Missing the file'],
    [['keys', 'list', 'everything', 'else'], 2, 'Too many arguments'],
  ] as const) {
    const { code, output } = await desk.cli(...args);
    expect([args, code, output]).toEqual([args, exitCode, expect.stringContaining(sentence)]);
  }
}, 240_000);
