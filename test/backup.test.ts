// Runs docs/operations/backup.md as written, with pg_dump and pg_restore, against a server of its own.
import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { me, mobile, refresh } from './support/client.js';
import { debianPrograms, startDebianPostgres } from './support/debian-postgres.js';
import { checkout, start, untilReady } from './support/process.js';

/** The lines of a chapter's shell blocks. */
function linesOf(title: string): string[] {
  const page = readFileSync('docs/operations/backup.md', 'utf8');
  const chapter = page.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
  const blocks = [...chapter.matchAll(/^ *```sh\n([^`]+)```/gm)].map(([, body = '']) => body.trim());
  return blocks.flatMap((block) => block.split('\n').map((line) => line.trim()));
}

const bin = debianPrograms();

it.skipIf(!bin)(
  'a restored dump has its roles and grants, its users and its keys, and no session',
  async () => {
    const server = await startDebianPostgres(bin ?? '');
    const folder = checkout();
    symlinkSync(join(process.cwd(), 'deploy'), join(folder, 'deploy'));
    const roles = { WATCHWORD_OWNER_PASSWORD: 'the-owner', WATCHWORD_PASSWORD: 'the-service' };
    const url = (role: string, password: string) => `postgres://${role}:${password}@127.0.0.1:${server.port}/watchword`;
    const settings = {
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://auth.example.com',
      REGISTRATION: 'open',
      KEY_ENCRYPTION_KEY: 'dGVzdCBrZXkgZW5jcnlwdGlvbiBrZXksIDMyIGJ5dGU=',
      RATE_LIMITS: 'on',
      DATABASE_URL: url('watchword', roles.WATCHWORD_PASSWORD),
    };
    const sh = (line: string) => {
      const env = {
        ...{ PATH: `${bin}:${process.env['PATH']}`, HOME: folder },
        ...server.environment,
        ...roles,
        ...settings,
        DATABASE_OWNER_URL: url('watchword_owner', roles.WATCHWORD_OWNER_PASSWORD),
      };
      const cli = line.replace(/^npm run cli --/, 'node scripts/start.cjs cli');
      const { status, stdout, stderr } = spawnSync('sh', ['-c', cli], { cwd: folder, encoding: 'utf8', env });
      expect([line, status, stderr]).toEqual([line, 0, expect.any(String)]);
      return stdout;
    };
    const service = async () => untilReady(await start(folder, { settings }));

    const restore = linesOf('Restore');
    const [createdb = '', makeRoles = '', ...rest] = restore;
    expect(createdb).toMatch(/^createdb /);
    const others = () =>
      sh(`psql -d watchword -Atc "SELECT datname, datacl FROM pg_database WHERE datname <> 'watchword'"`);
    sh(createdb);
    const before = others();
    for (const line of [makeRoles, 'npm run cli -- migrate']) sh(line);
    expect(others()).toBe(before); // fail-over tools connect to `postgres` as a role of their own

    const first = await service();
    const phone = await mobile(first.url);
    for (const line of linesOf('Back up')) sh(line);
    const next = (await refresh(first.url, phone.refreshToken)).json;
    const late = await mobile(first.url);
    first.process.kill('SIGTERM');
    expect(await first.exited).toBe(0);

    sh('dropdb watchword');
    for (const role of ['watchword', 'watchword_owner']) sh(`dropuser ${role}`);
    for (const line of [createdb, makeRoles]) sh(line);
    const answers = rest.map((line) => [line, sh(line)] as const);
    expect(answers.find(([line]) => line.includes('has_table_privilege'))?.[1]).toBe('f\n');
    expect(answers.find(([line]) => line.includes('sessions end'))?.[1]).toMatch(/^Ended 1 session/);

    const again = await service();
    expect(again.events('database.role_too_powerful')).toEqual([]);
    for (const token of [phone.accessToken, next['accessToken'], late.accessToken])
      expect((await me(again.url, token)).status).toBe(401);
    expect((await refresh(again.url, next['refreshToken'])).json['session']).toBe('ended');
    const signedIn = await mobile(again.url, phone.person);
    expect([signedIn.user.id, (await me(again.url, signedIn.accessToken)).status]).toEqual([phone.user.id, 200]);
    await expect(mobile(again.url, late.person)).rejects.toThrow('invalid_credentials');
    expect(again.events('refresh.reused')).toEqual([]);
  },
  300_000,
);
