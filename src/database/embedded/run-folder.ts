// The folder of the embedded PostgreSQL's socket: only its user opens it, and its path is short.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { giveTo, type User } from './user.js';

export interface RunFolder {
  readonly path: string;
  readonly sockets: string;
  /** Leaves nothing behind. */
  remove(): void;
}

/** The shortest limit of sun_path is 104 bytes with the final zero (macOS). */
const MAX_SOCKET_PATH = 103;
const SOCKET = 'watchword-XXXXXX/socket/.s.PGSQL.5432';

/**
 * Its name is random, so no other program can wait there for us; it is kept in a file, so the next
 * start uses it again after a kill.
 */
export function openRunFolder(home: string, user: User): RunFolder {
  const record = join(home, 'run-folder');
  const known = existsSync(record) ? readFileSync(record, 'utf8') : '';
  const path = isOurs(known) ? known : makeFolder();
  writeFileSync(record, path, { mode: 0o600 });
  // Ours alone, also where the server is another user: that user may pass, and owns the folder of
  // the socket only.
  chmodSync(path, user.uid === undefined ? 0o700 : 0o711);
  const sockets = join(path, 'socket');
  mkdirSync(sockets, { recursive: true });
  chmodSync(sockets, 0o700);
  giveTo(user, sockets);
  const remove = () => {
    try {
      rmSync(join(path, 'native'), { recursive: true, force: true });
      rmdirSync(sockets);
      rmdirSync(path);
      rmSync(record, { force: true });
    } catch {
      // A socket is left: the next start finds the folder by its record.
    }
  };
  return { path, sockets, remove };
}

function isOurs(path: string): boolean {
  const found = path === '' ? undefined : lstatSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}

function makeFolder(): string {
  // The folder that TMPDIR names may be closed to the user that root hands the server to.
  const isUsable = process.getuid?.() !== 0 && Buffer.byteLength(join(tmpdir(), SOCKET)) <= MAX_SOCKET_PATH;
  const parent = isUsable || process.platform === 'win32' ? tmpdir() : '/tmp';
  try {
    return mkdtempSync(join(parent, 'watchword-'));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Error(`No folder for the socket of PostgreSQL can be made in ${parent} (${code}): set DATABASE_URL.`, {
      cause,
    });
  }
}
