// Users leave as they came: what is exported is imported elsewhere, and exported there it is the same.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { call, somebody } from './support/client.js';
import { cliContext, fileOf, importText } from './support/imports.js';
import { startMailServer } from './support/mail-server.js';
import { checkout, command } from './support/process.js';
import { startServiceForTest } from './support/service.js';
import { databaseSettings, testSettings } from './support/settings.js';

it('an export with hashes, imported elsewhere and exported there, is the same to the byte', async () => {
  const settings = { ROLES: 'user,editor,admin', MFA_REQUIRED_ROLES: 'none' };
  const [from, to] = [await startServiceForTest(settings), await startServiceForTest(settings)];
  const [person, old] = [somebody(), somebody()];
  await call(from.url, 'POST', '/auth/register', { body: person });
  const md5 = createHash('md5').update(old.password).digest('hex');
  const lines = [
    { email: old.email, passwordHash: md5, emailVerified: true, createdAt: '2019-03-01T12:00:00.123456Z' },
    { email: somebody().email, role: 'editor', disabled: true },
    ...Array.from({ length: 1_200 }, (_, at) => ({ email: `${at}-${person.email}` })),
  ];
  const wish = { allowsRoles: true };
  expect(await importText(await cliContext(from.databaseUrl, settings), fileOf(lines), wish)).toMatchObject({
    refused: 0,
  });
  await from.query(
    `INSERT INTO users (id, email, password_hash, pending_until)
     VALUES (gen_random_uuid(), 'nobody@example.com', 'x', now() + interval '7 days')`,
  );
  const folder = checkout();
  const cli = (databaseUrl: string, ...args: string[]) =>
    command(folder, ['cli', 'users', ...args], { ...databaseSettings(databaseUrl), ...settings });

  const first = await cli(from.databaseUrl, 'export', '--with-hashes', '--json');
  expect([first.code, first.stderr]).toEqual([0, expect.stringContaining('"users":1203,"withHashes":true')]);
  expect(first.stdout).not.toContain(md5);
  expect(first.stdout).not.toContain('nobody@example.com');
  expect(first.stdout.trimEnd().split('\n')).toHaveLength(1_203);
  const file = join(folder, 'users.jsonl');
  writeFileSync(file, first.stdout);
  expect(await cli(to.databaseUrl, 'import', file, '--allow-roles')).toMatchObject({ code: 0 });
  const second = await cli(to.databaseUrl, 'export', '--with-hashes');
  expect(second.stdout).toBe(first.stdout);
  for (const each of [person, old])
    expect((await call(to.url, 'POST', '/auth/login', { body: { ...each, transport: 'bearer' } })).status).toBe(200);

  const without = await cli(to.databaseUrl, 'export');
  expect(without.stdout).not.toContain('passwordHash');
  const events = await to.query<{ details: object }>(`SELECT details FROM audit_events WHERE type = 'users.exported'`);
  expect(events.map(({ details }) => details)).toEqual([
    { users: 1_203, withHashes: true, by: 'operator' },
    { users: 1_203, withHashes: false, by: 'operator' },
  ]);
}, 300_000);

it('a dry run of create-admin and of invitations changes nothing, and names what would be refused', async () => {
  const mail = await startMailServer();
  const service = await startServiceForTest(mail.settings);
  const folder = checkout();
  const { KEY_ENCRYPTION_KEY } = testSettings;
  const settings = { ...databaseSettings(service.databaseUrl), ...mail.settings, KEY_ENCRYPTION_KEY };
  const run = async (args: string[], input = '') => {
    const { code, stdout } = await command(folder, ['cli', 'users', ...args, '--json'], settings, input);
    return { code, ...JSON.parse(stdout) };
  };
  const [known, root, guest] = [somebody(), somebody(), somebody()];
  await call(service.url, 'POST', '/auth/register', { body: known });
  const admin = ['create-admin', '--dry-run', '--email'];
  expect(await run([...admin, root.email], root.password)).toMatchObject({ code: 0, dryRun: true, role: 'admin' });
  expect(await run([...admin, root.email], 'short')).toMatchObject({ code: 1, error: { code: 'password_rejected' } });
  expect(await run([...admin, known.email], root.password)).toMatchObject({ code: 1, error: { code: 'email_taken' } });

  const file = join(folder, 'addresses.txt');
  writeFileSync(file, `${guest.email}\r\n\nnobody\n${known.email}\n`);
  const refusals = [
    { line: 3, code: 'email_invalid' },
    { line: 4, code: 'email_taken' },
  ];
  const report = { code: 1, invited: 1, refused: 2, refusals };
  const count = () => service.query<{ count: number }>('SELECT count(*)::int AS count FROM users');
  expect(await run(['invite', '--file', file, '--dry-run'])).toMatchObject({ ...report, dryRun: true });
  expect(await count()).toEqual([{ count: 1 }]);
  expect(await run(['invite', '--file', file])).toMatchObject({ ...report, dryRun: false });
  expect(await count()).toEqual([{ count: 2 }]);
  expect((await mail.mailTo(guest.email, 'invite')).text).toContain('#token=');
}, 300_000);
