// Tokens of a command or a daemon in a file of its user, shared by all processes that open it.
import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { storedIn, type TokenStorage } from './storage.js';

/** A holder keeps the lock for one request, which takes 30 s at most. */
const MAX_HELD_MS = 40_000;
/** Then it runs without the lock: the service answers two refreshes at once with the same token. */
const MAX_WAIT_MS = 10_000;
const POLL_MS = 20;

/**
 * The file is readable by its owner only, and replaced as a whole: a process that dies leaves the old one or the new one.
 * @param path of the file; its folder is made if it is missing
 */
export function fileStorage(path: string): TokenStorage {
  const lockPath = `${path}.lock`;
  return {
    async load() {
      return storedIn(await readFile(path, 'utf8').catch(unlessMissing));
    },
    async save(stored) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const draft = `${path}.${randomUUID()}`;
      try {
        await written(draft, JSON.stringify(stored));
        await rename(draft, path);
      } catch (error) {
        await unlink(draft).catch(unlessMissing); // a full disk must not fill with drafts, and each holds tokens
        throw error;
      }
    },
    async withLock(run) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const name = `${process.pid} ${randomUUID()}`;
      const isHeld = await acquired(lockPath, name);
      try {
        return await run();
      } finally {
        if (isHeld && (await holderOf(lockPath)) === name) await unlink(lockPath).catch(unlessMissing);
      }
    },
  };
}

/** @returns false when the wait was too long */
async function acquired(lockPath: string, name: string): Promise<boolean> {
  for (const giveUpAt = performance.now() + MAX_WAIT_MS; performance.now() < giveUpAt; await sleep(POLL_MS)) {
    if (await linked(lockPath, name)) return true;
    const holder = await holderOf(lockPath);
    if (holder !== undefined && (await isDead(lockPath, holder))) await broken(lockPath, holder);
  }
  return false;
}

async function written(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync(); // a power cut after the rename must not leave an empty file
  } finally {
    await file.close();
  }
}

/** Written beside and linked, so that no reader finds a lock without a name. */
async function linked(lockPath: string, name: string): Promise<boolean> {
  const draft = `${lockPath}.${randomUUID()}`;
  const file = await open(draft, 'wx', 0o600);
  await file.writeFile(name);
  await file.close();
  try {
    await link(draft, lockPath);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(draft);
  }
}

const holderOf = (lockPath: string): Promise<string | undefined> => readFile(lockPath, 'utf8').catch(unlessMissing);

async function isDead(lockPath: string, holder: string): Promise<boolean> {
  const since = await stat(lockPath).catch(unlessMissing);
  if (since && Date.now() - since.mtimeMs > MAX_HELD_MS) return true;
  try {
    process.kill(Number.parseInt(holder, 10), 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}

/** Two may break the same lock: whoever moved somebody else's new lock away puts it back. */
async function broken(lockPath: string, holder: string): Promise<void> {
  const aside = `${lockPath}.${randomUUID()}`;
  await rename(lockPath, aside).catch(unlessMissing);
  const moved = await holderOf(aside);
  if (moved !== undefined && moved !== holder) await link(aside, lockPath).catch(() => undefined);
  if (moved !== undefined) await unlink(aside).catch(unlessMissing);
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code;

function unlessMissing(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error;
}
