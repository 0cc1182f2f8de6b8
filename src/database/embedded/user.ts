// Chooses the user that runs the embedded PostgreSQL. Never root: COPY … FROM PROGRAM would read
// and write every file.
import { spawnSync } from 'node:child_process';
import { chownSync, closeSync, existsSync, lchownSync, lstatSync, openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Options of `spawn`; empty where the server runs as the user that we are. */
export interface User {
  readonly uid?: number;
  readonly gid?: number;
}

const NOBODY = 65_534;

/**
 * As root: the user that owns the data folder, or the user `nobody` where that is root or the
 * folder does not exist yet.
 */
export function userFor(data: string): User {
  if (process.getuid?.() !== 0) return {};
  const owner = existsSync(data) ? statSync(data) : { uid: 0, gid: 0 };
  const user = { uid: owner.uid || NOBODY, gid: owner.gid || NOBODY };
  if (spawnSync('true', { ...user }).error)
    throw new Error(
      'PostgreSQL must not run as root, and this process may not become another user: ' +
        'start Watchword as another user, or set DATABASE_URL.',
    );
  return user;
}

export function giveTo({ uid, gid }: User, path: string): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

/** An older version ran the server as root without its capabilities: its files belong to root. */
export function takeFromRoot({ uid, gid }: User, data: string): void {
  if (uid === undefined || gid === undefined || statSync(data).uid === uid) return;
  for (const entry of readdirSync(data, { recursive: true, encoding: 'utf8' })) lchownSync(join(data, entry), uid, gid);
  chownSync(data, uid, gid); // last, so that a kill in between begins again
}

/**
 * Where it could not, it gave the user `nobody` the whole folder: the server could have led our log
 * through a symbolic link.
 */
export function takeFromNobody(paths: readonly string[]): void {
  if (process.getuid?.() !== 0) return;
  for (const path of paths) if (lstatSync(path, { throwIfNoEntry: false })?.uid === NOBODY) lchownSync(path, 0, 0);
}

interface Handle {
  /** What the other user calls the folder. */
  readonly path: string;
  /** What follows standard input, output and error. */
  readonly stdio: readonly number[];
  close(): void;
}

/**
 * Another user may not be able to reach the folder by its path (/root is closed to it), but an open
 * one is in hand.
 */
export function handOver({ uid }: User, folder: string): Handle {
  if (uid === undefined || !existsSync('/proc/self/fd')) return { path: folder, stdio: [], close: () => undefined };
  const fd = openSync(folder, 'r');
  return { path: '/proc/self/fd/3', stdio: [fd], close: () => closeSync(fd) };
}

/**
 * What goes before the server's command: SIGINT (PostgreSQL's fast shutdown) when this process
 * dies, and no way to gain rights by a setuid program.
 */
export function keepUntilParentDies(): readonly string[] {
  const prefix = ['setpriv', '--pdeathsig', 'INT', '--no-new-privs', '--'];
  return spawnSync('setpriv', [...prefix.slice(1), 'true']).status === 0 ? prefix : [];
}
