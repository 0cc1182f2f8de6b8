// A data folder is used by one process at a time.
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a predecessor may take to end. */
export const PATIENCE_MS = 15_000;

/**
 * One process per folder: else two first starts would run initdb into each other. An abstract
 * socket is atomic and goes with the process, even after kill -9; where there are none (not Linux),
 * PostgreSQL's own lock file has to do.
 * @param home by its real name
 * @returns what lets go of it
 */
export async function holdFolder(home: string): Promise<() => void> {
  if (process.platform !== 'linux') return () => undefined;
  const name = `\0watchword-${createHash('sha256').update(home).digest('hex').slice(0, 32)}`;
  for (let waited = 0; ; waited += 100) {
    const holder = await listen(name);
    if (holder) return () => void holder.close();
    if (waited >= PATIENCE_MS) throw new Error(inUse(home));
    await sleep(100);
  }
}

function listen(name: string): Promise<Server | undefined> {
  return new Promise((done) => {
    const holder = createServer()
      .once('error', () => done(undefined))
      .listen(name, () => done(holder.unref()));
  });
}

export const inUse = (home: string) => `Another Watchword uses ${home}: stop it, or set DATA_DIR or DATABASE_URL.`;
