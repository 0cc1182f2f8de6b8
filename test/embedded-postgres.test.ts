// The embedded PostgreSQL is isolated: it does not run as root, its socket is private, each role has a password.
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { findEmbeddedPostgres, startEmbeddedPostgres } from '../src/database/embedded/postgres.js';

const isRoot = process.getuid?.() === 0;

function folderIn(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'watchword-embedded-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function started(folder: string) {
  const server = await startEmbeddedPostgres({ folder, settings: ['fsync=off'] });
  let isStopped = false;
  const stop = async () => {
    if (!isStopped) await server.stop();
    isStopped = true;
  };
  onTestFinished(stop);
  return { ...server, stop };
}

async function query(url: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) rows = (await client.query<Record<string, unknown>>(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

const outputOf = (url: string, program: string) =>
  query(url, 'CREATE TEMP TABLE output (line text)', `COPY output FROM PROGRAM '${program}'`, 'TABLE output');

const socketFolderOf = (url: string) => new URL(url).searchParams.get('host') ?? '';

it.runIf(isRoot)(
  'its superuser cannot read what only root may read, nor become root (COPY … FROM PROGRAM)',
  async () => {
    const folder = folderIn();
    const secret = join(folder, 'secret');
    writeFileSync(secret, 'for root only\n', { mode: 0o600 });
    const { ownerUrl } = await started(join(folder, 'postgres'));
    await expect(outputOf(ownerUrl, `cat ${secret}`)).rejects.toThrow(/program .* failed/);
    await expect(query(ownerUrl, `SELECT pg_read_file('${secret}')`)).rejects.toThrow(/Permission denied/);
    expect(await outputOf(ownerUrl, 'id -u; id -G; grep NoNewPrivs /proc/self/status | tr -d [:space:]')).toEqual([
      { line: '65534' },
      { line: '65534' },
      { line: 'NoNewPrivs:1' },
    ]);
    for (const file of ['password', 'service-password', 'log'])
      expect(statSync(join(folder, 'postgres', file)).mode & 0o777).toBe(0o600);
  },
);

it.runIf(isRoot)('the server runs in a folder whose parents only root can enter', async () => {
  const folder = folderIn();
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  const { url } = await started(join(folder, 'deeper', 'postgres'));
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

it('the server listens on no port, and its socket is in a folder of mode 0700 that is removed with it', async () => {
  const folder = folderIn();
  const server = await started(folder);
  const sockets = socketFolderOf(server.url);
  expect(statSync(sockets).mode & 0o777).toBe(0o700);
  expect(statSync(join(sockets, '.s.PGSQL.5432')).mode & 0o777).toBe(0o700);
  expect(await query(server.ownerUrl, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '' }]);
  expect(findEmbeddedPostgres(folder)).toEqual({ url: server.url, ownerUrl: server.ownerUrl });
  await server.stop();
  expect(existsSync(dirname(sockets))).toBe(false);
  expect(readdirSync(folder).toSorted()).toEqual(['data', 'log', 'password', 'service-password']);
});

it('the password of one role does not open the other', async () => {
  const { url, ownerUrl } = await started(folderIn());
  const [service, owner] = [new URL(url), new URL(ownerUrl)];
  expect(service.password).not.toBe(owner.password);
  [service.password, owner.password] = [owner.password, service.password];
  for (const swapped of [service, owner])
    await expect(query(swapped.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
});

it('a folder of an older version is upgraded: its owner, and the password that both roles shared', async () => {
  const folder = folderIn();
  const first = await started(folder);
  await query(first.ownerUrl, 'CREATE TABLE kept AS SELECT 42 AS answer');
  const shared = new URL(first.ownerUrl).password;
  await query(first.ownerUrl, `ALTER ROLE watchword_service PASSWORD '${shared}'`);
  await first.stop();
  rmSync(join(folder, 'service-password'));
  if (isRoot) {
    for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
      chownSync(join(folder, entry), 0, 0);
    for (const path of [folder, join(folder, 'password')]) chownSync(path, 65534, 65534);
  }
  const second = await started(folder);
  expect(await query(second.ownerUrl, 'TABLE kept')).toEqual([{ answer: 42 }]);
  expect(await query(second.url, 'SELECT current_user')).toEqual([{ current_user: 'watchword_service' }]);
  expect(new URL(second.url).password).not.toBe(shared);
  const owners = [statSync(folder).uid, statSync(join(folder, 'data')).uid];
  expect(owners).toEqual(isRoot ? [0, 65534] : [process.getuid?.(), process.getuid?.()]);
});

it('a second start through a symbolic link to the folder is refused, and the first server continues', async () => {
  const folder = folderIn();
  const link = `${folder}-link`;
  symlinkSync(folder, link);
  onTestFinished(() => rmSync(link));
  const { url } = await started(folder);
  await expect(startEmbeddedPostgres({ folder: link })).rejects.toThrow(
    `Another Watchword uses ${realpathSync(folder)}: stop it, or set DATA_DIR or DATABASE_URL.`,
  );
  expect(findEmbeddedPostgres(link)?.url).toBe(url);
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

it.runIf(isRoot)('a folder that cannot be created is reported in one sentence that names the setting', async () => {
  const folder = folderIn();
  mkdirSync(join(folder, 'closed'));
  writeFileSync(join(folder, 'closed', 'file'), '');
  await expect(startEmbeddedPostgres({ folder: join(folder, 'closed', 'file', 'postgres') })).rejects.toThrow(
    /^The database's folder .* cannot be written \(ENOTDIR\): set DATA_DIR to one that can, or DATABASE_URL\.$/,
  );
});
