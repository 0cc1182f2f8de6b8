// Who may use a data folder? One process at a time.
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a predecessor may take to end. */
export const PATIENCE_MS = 15_000;

/**
 * One process per folder: else two first starts would run initdb into each other. An abstract socket is atomic and goes
 * with the process, even after kill -9; where there are none (not Linux), PostgreSQL's own lock file has to do.
 */
export async function holdFolder(home: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const name = `\0watchword-${createHash('sha256').update(home).digest('hex').slice(0, 32)}`;
  for (let waited = 0; !(await isHeld(name)); waited += 100) {
    if (waited >= PATIENCE_MS) throw new Error(inUse(home));
    await sleep(100);
  }
}

function isHeld(name: string): Promise<boolean> {
  return new Promise((done) => {
    const holder = createServer()
      .once('error', () => done(false))
      .listen(name, () => {
        holder.unref();
        done(true);
      });
  });
}

export const inUse = (home: string) => `Another Watchword uses ${home}: stop it, or set DATA_DIR or DATABASE_URL.`;
