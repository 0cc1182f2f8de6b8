// The operator's command line, as a process of its own beside a running service.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect, inject, it, onTestFinished } from 'vitest';
import { call, me, mobile, refresh } from './support/client.js';
import { checkout, command, start, untilReady } from './support/process.js';
import { cloneDatabase, startService } from './support/service.js';
import { databaseSettings } from './support/settings.js';
import { linkUser } from './support/upstream-way.js';

it('ends sessions, disables, enables and promotes users beside a running service, without its key', async () => {
  const databaseUrl = await cloneDatabase();
  const service = await startService({ MFA_REQUIRED_ROLES: 'none' }, { databaseUrl });
  onTestFinished(() => service.stop());
  // A new key-encryption key is made here, as if the right one were lost.
  const folder = checkout();
  const settings = databaseSettings(databaseUrl);
  const cli = (...args: string[]) => command(folder, ['cli', ...args], { ...settings, MFA_REQUIRED_ROLES: 'none' });
  const json = async (...args: string[]) => {
    const { code, stdout } = await cli(...args, '--json');
    expect([args, code, stdout]).toEqual([args, 0, expect.any(String)]);
    return JSON.parse(stdout);
  };
  const { hostname, port, pathname, username, password } = new URL(settings.DATABASE_URL);
  const database = { host: hostname, port: Number(port), name: pathname.slice(1), role: username };

  const phone = await mobile(service.url);
  const tablet = await mobile(service.url, phone.person);
  const other = await mobile(service.url);
  const whose = ['sessions', 'end', '--user', phone.person.email];
  const ended = { user: phone.user.id, sessions: 2, database };
  expect(await json(...whose, '--dry-run')).toEqual({ ...ended, dryRun: true });
  expect((await me(service.url, phone.accessToken)).status).toBe(200);
  expect(await json(...whose)).toEqual({ ...ended, dryRun: false, confirmed: true });
  for (const token of [phone.accessToken, tablet.accessToken]) expect((await me(service.url, token)).status).toBe(401);
  expect((await me(service.url, other.accessToken)).status).toBe(200);

  for (const [act, ...more] of [['role', '--role', 'admin'], ['disable']]) {
    const dry = await json('users', act!, '--user', other.user.id, ...more, '--dry-run');
    expect(dry).toMatchObject({ changed: false, dryRun: true, database });
  }
  expect((await me(service.url, other.accessToken)).status).toBe(200);
  expect(await json('users', 'role', '--user', other.user.id, '--role', 'admin')).toMatchObject({ changed: true });
  expect((await me(service.url, other.accessToken)).json['code']).toBe('token_stale');
  for (const words of [['disable'], ['disable', '--dry-run'], ['role', '--role', 'user']]) {
    const refused = await cli('users', words[0]!, '--user', other.user.id, ...words.slice(1), '--json');
    expect([refused.code, JSON.parse(refused.stdout).error.code]).toEqual([1, 'last_admin']);
  }
  expect(await json('users', 'role', '--user', phone.user.id, '--role', 'admin')).toMatchObject({ changed: true });
  expect(await json('users', 'disable', '--user', other.user.id)).toMatchObject({ changed: true });
  const taken = await cli('users', 'email', '--user', other.user.id, '--email', phone.person.email, '--json');
  expect([taken.code, JSON.parse(taken.stdout).error.code]).toEqual([1, 'email_taken']);
  const wanted = ['--email', `moved-${other.person.email}`];
  await linkUser(service, other.person.email, { issuer: 'https://auth.example.com', subject: "a thief's" });
  for (const [changed, ...more] of [[false, '--dry-run'], [true], [false]] as const)
    expect(await json('users', 'email', '--user', other.user.id, ...wanted, ...more)).toMatchObject({ changed });
  expect(await service.query('SELECT FROM upstream_identities')).toEqual([]);
  expect(await json('users', 'enable', '--user', other.user.id)).toMatchObject({ changed: true });

  const last = await mobile(service.url, phone.person);
  expect(await json('sessions', 'end', '--all', '--dry-run')).toMatchObject({ users: 2, sessions: 1, dryRun: true });
  expect((await me(service.url, last.accessToken)).status).toBe(200);
  const all = await cli('sessions', 'end', '--all');
  expect(all.stdout).toMatch(/^Ended 1 session\(s\) of 2 user\(s\)\..*\n$/);
  expect(all.stderr).toContain(`Database: ${database.name} at ${hostname}:${port} as ${username}\n`);
  expect(all.output).not.toContain(password);
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
    expect([args, await cli(...args)]).toMatchObject([args, { code: 2, stdout: '' }]);
  }
  const nobody = ['users', 'disable', '--user', 'nobody@example.com'];
  expect(await cli(...nobody)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/\nNo such user: nobody@example\.com\.\n$/),
  });
  const { status } = spawnSync('bash', ['-o', 'pipefail', '-c', 'node scripts/start.cjs cli users list | head -0'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...settings },
  });
  expect(status).toBe(0); // the reader may close the output early
  const failed = await cli(...nobody, '--json');
  expect([failed.code, JSON.parse(failed.stdout)]).toEqual([
    1,
    { error: { code: 'no_such_user', message: 'No such user: nobody@example.com.' }, database },
  ]);
}, 300_000);

it('lists and shows users a page at a time and never their hashes', async () => {
  const service = await startService();
  onTestFinished(() => service.stop());
  const folder = checkout();
  const json = async (...args: string[]) => {
    const { code, stdout } = await command(folder, ['cli', ...args, '--json'], databaseSettings(service.databaseUrl));
    expect([args, code, stdout]).toEqual([args, 0, expect.not.stringContaining('argon2')]);
    return JSON.parse(stdout);
  };
  const [ada, bob, eve] = [await mobile(service.url), await mobile(service.url), await mobile(service.url)];
  await mobile(service.url, ada.person);
  const first = await json('users', 'list', '--limit', '2');
  expect(first.users.map(({ id }: { id: string }) => id)).toEqual([ada.user.id, bob.user.id]);
  expect(first.next).toBe(bob.user.id);
  const second = await json('users', 'list', '--after', first.next);
  expect([second.users.length, second.users[0].id, second.next]).toEqual([1, eve.user.id, null]);
  await service.query(`UPDATE users SET role = 'clerk', disabled_at = now() WHERE id = $1`, [bob.user.id]);
  const found = await json('users', 'list', '--role', 'clerk', '--disabled', '--email', bob.person.email.slice(0, 9));
  expect(found).toMatchObject({ users: [{ id: bob.user.id, status: 'disabled', sessions: 1 }], next: null });
  const addresses = [ada, eve].map(({ person }) => person.email).toSorted();
  const page = await json('users', 'list', '--role', 'user', '--limit', '1');
  expect(page).toMatchObject({ users: [{ email: addresses[0] }], next: addresses[0] });
  const rest = await json('users', 'list', '--role', 'user', '--limit', '1', '--after', page.next);
  expect(rest).toMatchObject({ users: [{ email: addresses[1] }], next: null });
  expect((await json('users', 'show', '--user', ada.person.email)).user).toEqual({
    id: ada.user.id,
    email: ada.person.email,
    role: 'user',
    status: 'active',
    emailVerified: false,
    createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
    disabledAt: null,
    sessions: 2,
  });
}, 300_000);

it('creates the first admin while registration is closed, with a password from standard input', async () => {
  const service = await startService({ REGISTRATION: 'closed', MFA_REQUIRED_ROLES: 'none' });
  onTestFinished(() => service.stop());
  const folder = checkout();
  const settings = { ...databaseSettings(service.databaseUrl), ARGON2_MEMORY_KIB: '7168' };
  const person = { email: 'root@example.com', password: 'correct horse battery staple' };
  const create = (input: string) =>
    command(folder, ['cli', 'users', 'create-admin', '--email', person.email, '--json'], settings, input);
  const short = await create('short\n');
  expect([short.code, JSON.parse(short.stdout).error.code]).toEqual([1, 'password_rejected']);
  const common = JSON.parse((await create('passwordpassword\n')).stdout).error;
  expect(common).toMatchObject({ code: 'password_rejected', message: expect.stringContaining('most common') });
  // A stranger has registered the address, and nobody has verified it: no role for them, and they give way.
  const [stranger] = await service.query<{ id: string }>(
    `INSERT INTO users (id, email, password_hash, pending_until) VALUES (gen_random_uuid(), $1, 'x', now() + interval '7 days')
     RETURNING id`,
    [person.email],
  );
  const role = ['cli', 'users', 'role', '--user', person.email, '--role', 'admin', '--json'];
  const refused = await command(folder, role, settings);
  expect([refused.code, JSON.parse(refused.stdout).error.code]).toEqual([1, 'email_unverified']);
  const made = await create(`${person.password}\n`);
  expect(JSON.parse(made.stdout).user).not.toBe(stranger?.id);
  expect([made.code, JSON.parse(made.stdout)]).toMatchObject([0, { email: person.email, role: 'admin' }]);
  const answer = await call(service.url, 'POST', '/auth/login', { body: { ...person, transport: 'bearer' } });
  expect(answer.json['user']).toMatchObject({ id: JSON.parse(made.stdout).user, role: 'admin' });
  const again = await create(`${person.password}\n`);
  expect([again.code, JSON.parse(again.stdout).error.code]).toEqual([1, 'email_taken']);
}, 300_000);

it('ends with an error if Redis, the database or both do not answer', async () => {
  const folder = checkout();
  const settings = databaseSettings(await cloneDatabase());
  const REDIS_URL = 'redis://127.0.0.1:1';
  const working = await command(folder, ['cli', 'users', 'list'], { ...settings, REDIS_URL });
  expect([working.code, working.stdout]).toEqual([0, 'No users.\n']);
  const service = await startService({}, { databaseUrl: settings.DATABASE_OWNER_URL });
  onTestFinished(() => service.stop());
  const { user } = await mobile(service.url);
  for (const args of [
    ['sessions', 'end', '--user', user.id],
    ['sessions', 'end', '--all'],
    ['users', 'disable', '--user', user.id],
  ]) {
    const doubtful = await command(folder, ['cli', ...args, '--json'], { ...settings, REDIS_URL });
    expect([args, doubtful.code, JSON.parse(doubtful.stdout).confirmed]).toEqual([args, 3, false]);
  }
  const gone = { DATABASE_URL: 'postgres://watchword:hidden@127.0.0.1:1/watchword' };
  for (const args of [['users', 'list'], ['sessions', 'end', '--all'], ['keys', 'rotate'], ['migrate']]) {
    for (const given of [gone, { ...gone, REDIS_URL }]) {
      const { code, stdout, output } = await command(folder, ['cli', ...args, '--json'], given);
      expect([args, code, JSON.parse(stdout).error.code]).toEqual([args, 1, 'database_unavailable']);
      expect(output).not.toContain('hidden');
    }
  }
}, 300_000);

it('works under a user ID without a name, as containers run on OpenShift', async ({ skip }) => {
  if (process.getuid?.() !== 0) skip();
  const folder = checkout();
  chmodSync(folder, 0o755);
  const settings = databaseSettings(await cloneDatabase());
  const asNobody = ['--reuid=1234567', '--regid=0', '--clear-groups', '--', process.execPath];
  const { status, stdout, stderr } = spawnSync(
    'setpriv',
    [...asNobody, join(folder, 'dist/bundle/cli.js'), 'sessions', 'end', '--all'],
    { encoding: 'utf8', cwd: folder, env: { PATH: process.env['PATH'], ...settings } },
  );
  expect([status, stdout, stderr]).toEqual([0, expect.stringContaining('Ended 0 session(s)'), expect.any(String)]);
  const client = new pg.Client({ connectionString: settings.DATABASE_OWNER_URL });
  await client.connect();
  const { rows } = await client.query(`SELECT user_agent FROM audit_events WHERE type = 'sessions.all_ended'`);
  await client.end();
  expect(rows).toEqual([{ user_agent: expect.stringMatching(/^cli uid-1234567@/) }]);
}, 300_000);

it('uses the embedded database of a running service, starts that of a stopped one, and creates none', async () => {
  const folder = checkout();
  const run = await untilReady(await start(folder));
  const phone = await mobile(run.url);
  const { code, output } = await command(folder, ['cli', 'sessions', 'end', '--user', phone.person.email]);
  expect([code, output]).toEqual([0, expect.stringContaining('Ended 1 session(s)')]);
  expect((await me(run.url, phone.accessToken)).status).toBe(401);

  run.process.kill('SIGTERM');
  expect(await run.exited).toBe(0);
  const later = await command(folder, ['cli', 'users', 'list', '--json']);
  expect([later.code, JSON.parse(later.stdout).users.length]).toEqual([0, 1]);
  expect((await untilReady(await start(folder))).events('database.embedded_died')).toEqual([]);

  const empty = await command(folder, ['cli', 'users', 'list', '--json'], { DATA_DIR: 'nothing-here' });
  expect([empty.code, JSON.parse(empty.stdout).error.code]).toEqual([1, 'no_database']);
  expect(existsSync(join(folder, 'nothing-here'))).toBe(false);
}, 300_000);

it('migrates an empty database as its owner and grants the service its rights, so that production starts', async () => {
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
  const json = async (...args: string[]) => {
    const { code, stdout } = await command(folder, ['cli', ...args, '--json'], settings);
    return { code, ...JSON.parse(stdout) };
  };
  const database = { name, role: 'watchword' };
  expect(await json('users', 'list')).toMatchObject({ code: 1, error: { code: 'not_migrated' } });
  expect(await json('migrate', '--dry-run')).toMatchObject({ code: 0, pending: all, dryRun: true, database });
  expect(await json('migrate')).toMatchObject({ code: 0, applied: all, dryRun: false, database });
  expect((await command(folder, ['cli', 'migrate'], settings)).output).toContain('The database is up to date.');
  const { DATABASE_OWNER_URL: _, ...asService } = settings;
  const run = await untilReady(await start(folder, { settings: asService }));
  expect(run.events('database.role_too_powerful')).toEqual([]);
  expect((await call(run.url, 'GET', '/.well-known/jwks.json')).json['keys']).toHaveLength(2);
  run.process.kill('SIGTERM');
  expect(await run.exited).toBe(0);
}, 300_000);
