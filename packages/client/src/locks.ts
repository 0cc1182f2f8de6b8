// Locks between the tabs of a browser, waited for within limits: a tab that was frozen holds nobody up.
import { platform } from './platform.js';

/** As `navigator.locks` (Web Locks API). */
export interface Locks {
  request<T>(
    name: string,
    options: { mode: 'exclusive' | 'shared'; signal: AbortSignal },
    run: () => T | Promise<T>,
  ): Promise<T>;
}

export interface LockWish {
  readonly mode: 'exclusive' | 'shared';
  /** After so many milliseconds it runs without the lock, and gives it back. */
  readonly waitMs: number;
}

/**
 * Runs under the lock, or without it where it is not to be had in time.
 * @returns what `run` returns; its error is passed on
 */
export function locked<T>(locks: Locks, name: string, { mode, waitMs }: LockWish, run: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const patience = new AbortController();
    let running: Promise<T> | undefined;
    const start = () => {
      if (running) return;
      clearTimeout(timer);
      running = run();
      running.then(resolve, reject);
    };
    const timer = setTimeout(() => {
      start();
      patience.abort();
    }, waitMs);
    const hold = () => {
      if (running) return undefined;
      start();
      return released(running, waitMs);
    };
    // A page without the right to lock (a sandboxed frame) runs without.
    locks.request<unknown>(name, { mode, signal: patience.signal }, hold).catch(start);
  });
}

/** A frozen page runs no code, so it gives its locks back before. Nobody holds one for longer than others wait. */
function released(running: Promise<unknown> | undefined, maxMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      platform.document?.removeEventListener('freeze', done);
      resolve();
    };
    const timer = setTimeout(done, maxMs);
    platform.document?.addEventListener('freeze', done);
    running?.then(done, done);
  });
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
