// The operator's command line, as a process of its own beside a running service.
import { readdirSync } from 'node:fs';
import pg from 'pg';
import { expect, inject, it, onTestFinished } from 'vitest';
import { call, me, mobile, refresh } from './support/client.js';
import { checkout, command, start, untilReady } from './support/process.js';
import { cloneDatabase, startService } from './support/service.js';
import { databaseSettings } from './support/settings.js';

it('ends sessions, disables, enables and promotes on the database of a running service, and needs no key for it', async () => {
  const databaseUrl = await cloneDatabase();
  const service = await startService({}, { databaseUrl });
  onTestFinished(() => service.stop());
  // The key-encryption key is made anew here, as if the right one were lost.
  const folder = checkout();
  const cli = (...args: string[]) => command(folder, ['cli', ...args], databaseSettings(databaseUrl));
  const json = async (...args: string[]) => {
    const { code, output } = await cli(...args, '--json');
    expect([code, output]).toEqual([0, expect.any(String)]);
    return JSON.parse(output.split('\n').findLast((line) => line.startsWith('{') && !line.includes('"level"')) ?? '');
  };

  const phone = await mobile(service.url);
  const tablet = await mobile(service.url, phone.person);
  const other = await mobile(service.url);
  expect(await json('sessions', 'end', '--user', phone.person.email)).toEqual({ user: phone.user.id, sessions: 2 });
  for (const token of [phone.accessToken, tablet.accessToken]) expect((await me(service.url, token)).status).toBe(401);
  expect((await me(service.url, other.accessToken)).status).toBe(200);

  expect(await json('users', 'role', '--user', other.user.id, '--role', 'admin')).toMatchObject({ changed: true });
  expect((await me(service.url, other.accessToken)).json['code']).toBe('token_stale');
  expect(await json('users', 'disable', '--user', other.user.id)).toMatchObject({ changed: true });
  expect(await json('users', 'enable', '--user', other.user.id)).toMatchObject({ changed: true });

  const last = await mobile(service.url, phone.person);
  const all = await cli('sessions', 'end', '--all');
  expect(all.output).toMatch(/Ended 1 session\(s\) of 2 user\(s\)\./);
  expect((await refresh(service.url, last.refreshToken)).json['session']).toBe('ended');
  const [row] = await service.query<{ user_agent: string }>(
    `SELECT user_agent FROM audit_events WHERE type = 'sessions.all_ended'`,
  );
  expect(row?.user_agent).toMatch(/^cli \S+@\S+$/);

  for (const args of [
    ['sessions', 'end'],
    ['users', 'role', '--user', other.user.id, '--role', 'king'],
    ['nonsense'],
    ['--x'],
  ]) {
    expect([args, (await cli(...args)).code]).toEqual([args, 1]);
  }
  expect((await cli('users', 'disable', '--user', 'nobody@example.com')).output).toContain('There is no such user.');
}, 300_000);

it('joins the embedded database of a service that runs', async () => {
  const folder = checkout();
  const run = await untilReady(await start(folder));
  const phone = await mobile(run.url);
  const { code, output } = await command(folder, ['cli', 'sessions', 'end', '--user', phone.person.email]);
  expect([code, output]).toEqual([0, expect.stringContaining('Ended 1 session(s)')]);
  expect((await me(run.url, phone.accessToken)).status).toBe(401);
}, 300_000);

it('migrates an empty database as its owner, grants the service what it needs, and production starts on it', async () => {
  const serverUrl = inject('postgresUrl');
  const name = `w_empty_${process.pid}`;
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  const settings = {
    ...databaseSettings(serverUrl.replace(/\/postgres$/, `/${name}`)),
    NODE_ENV: 'production',
    PUBLIC_URL: 'https://auth.example.com',
    KEY_ENCRYPTION_KEY: 'dGVzdCBrZXkgZW5jcnlwdGlvbiBrZXksIDMyIGJ5dGU=',
    RATE_LIMITS: 'on',
  };
  const folder = checkout();
  const all = readdirSync('drizzle').filter((file) => file.endsWith('.sql')).length;
  const first = await command(folder, ['cli', 'migrate', '--json'], settings);
  expect([first.code, first.output]).toEqual([0, `{"applied":${all}}\n`]);
  expect((await command(folder, ['cli', 'migrate'], settings)).output).toContain('The database is up to date.');
  const { DATABASE_OWNER_URL: _, ...asService } = settings;
  const run = await untilReady(await start(folder, { settings: asService }));
  expect(run.events('database.role_too_powerful')).toEqual([]);
  expect((await call(run.url, 'GET', '/.well-known/jwks.json')).json['keys']).toHaveLength(2);
  run.process.kill('SIGTERM');
  expect(await run.exited).toBe(0);
}, 300_000);
