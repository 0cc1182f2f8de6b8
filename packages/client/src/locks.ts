// Locks between the tabs of a browser, waited for within limits: a tab that was frozen holds nobody up.
import { platform } from './platform.js';

/** As `navigator.locks` (Web Locks API). */
export interface Locks {
  request<T>(name: string, options: { mode: Mode; signal: AbortSignal }, run: () => T | Promise<T>): Promise<T>;
}

export type Mode = 'exclusive' | 'shared';

/**
 * Runs under the lock, or without it where it is not to be had in time. Nobody holds it for longer than others wait.
 * @param waitMs milliseconds
 * @returns what `run` returns; its error is passed on
 */
export async function locked<T>(locks: Locks, name: string, mode: Mode, waitMs: number, run: () => Promise<T>) {
  const patience = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let release = (): void => undefined;
  await new Promise<void>((start) => {
    timer = setTimeout(start, waitMs);
    const hold = () => {
      start();
      return new Promise<void>((done) => (release = done));
    };
    // A page without the right to lock (a sandboxed frame) runs without.
    locks.request<unknown>(name, { mode, signal: patience.signal }, hold).catch(start);
  });
  clearTimeout(timer);
  patience.abort(); // whoever still waits for the lock waits no longer
  timer = setTimeout(release, waitMs);
  // A frozen page runs no code, so it gives its locks back before.
  platform.document?.addEventListener('freeze', release);
  try {
    return await run();
  } finally {
    clearTimeout(timer);
    platform.document?.removeEventListener('freeze', release);
    release();
  }
}

/** Locks within one client, for platforms without Web Locks: every lock is exclusive, in the order of the wishes. */
export function ownLocks(): Locks {
  const last = new Map<string, Promise<unknown>>();
  return {
    request(name, { signal }, run) {
      const mine = Promise.resolve(last.get(name)).then(() => {
        if (signal.aborted) throw signal.reason;
        return run();
      });
      last.set(
        name,
        mine.catch(() => undefined),
      );
      return mine;
    },
  };
}
