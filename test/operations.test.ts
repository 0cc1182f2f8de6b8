// Runs the runbooks as written.
import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { me, mobile, refresh } from './support/client.js';
import { checkout, command } from './support/process.js';
import { cloneDatabase, startService } from './support/service.js';
import { databaseSettings } from './support/settings.js';

const runbook = (title: string, language: string): string[] => {
  const chapter =
    readFileSync('docs/operations/incidents.md', 'utf8').split(`\n## ${title}`)[1]?.split('\n## ')[0] ?? '';
  const blocks = [...chapter.matchAll(new RegExp(`\`\`\`${language}\n([^\`]+)\`\`\``, 'g'))];
  return blocks.flatMap(([, text = '']) => text.trim().split('\n'));
};

const endEverybody = runbook('Everybody must be signed out', 'sh');
const lockOut = runbook('One user must be signed out', 'sh');
const startAnew = runbook('The key-encryption key is lost', 'sql');

/** Runs a line of a runbook in a separate checkout, against a test's database. */
async function run(folder: string, line: string, databaseUrl: string) {
  expect(line).toMatch(/^npm run cli -- /);
  const args = line.replace('npm run cli -- ', '').split(' ');
  const { code, output } = await command(folder, ['cli', ...args], databaseSettings(databaseUrl));
  expect([line, code, output]).toEqual([line, 0, expect.any(String)]);
}

it('after a restore from a backup the runbook ends every restored session', async () => {
  const service = await startService();
  onTestFinished(() => service.stop());
  const phone = await mobile(service.url);
  const next = (await refresh(service.url, phone.refreshToken)).json;
  const folder = checkout();
  for (const line of endEverybody) await run(folder, line, service.databaseUrl);
  for (const token of [phone.accessToken, next['accessToken']]) {
    expect((await me(service.url, token)).json['code']).toBe('token_stale');
  }
  for (const token of [phone.refreshToken, next['refreshToken']]) {
    expect((await refresh(service.url, token)).json).toMatchObject({ code: 'refresh_token_invalid', session: 'ended' });
  }
  expect(service.log.filter((line) => line['alert'])).toEqual([]);

  const again = await mobile(service.url, phone.person);
  const [end = '', disable = '', enable = ''] = lockOut.map((line) =>
    line.replace('ada@example.com', again.person.email),
  );
  await run(folder, end, service.databaseUrl);
  expect((await me(service.url, again.accessToken)).status).toBe(401);
  await run(folder, disable, service.databaseUrl);
  await expect(mobile(service.url, phone.person)).rejects.toThrow('invalid_credentials');
  await run(folder, enable, service.databaseUrl);
  expect((await mobile(service.url, phone.person)).user.id).toBe(phone.user.id);
}, 300_000);

it('after the loss of the key-encryption key the runbook restores the service under a new one', async () => {
  const databaseUrl = await cloneDatabase();
  const before = await startService({}, { databaseUrl });
  const phone = await mobile(before.url);
  const newKey = { KEY_ENCRYPTION_KEY: Buffer.alloc(32, 3).toString('base64') };
  const folder = checkout();
  for (const statement of startAnew) await before.query(statement);
  for (const line of endEverybody) await run(folder, line, databaseUrl);
  await before.stop();

  const after = await startService(newKey, { databaseUrl });
  onTestFinished(() => after.stop());
  expect((await me(after.url, phone.accessToken)).status).toBe(401);
  expect((await refresh(after.url, phone.refreshToken)).json['session']).toBe('ended');
  const again = await mobile(after.url, phone.person);
  expect((await me(after.url, again.accessToken)).status).toBe(200);
}, 300_000);
