// Time-outs of work and of those who wait for it. AbortSignal.timeout and AbortSignal.any are missing in React Native.
import { Undecided } from './verdicts.js';

/** Aborts the work after so many milliseconds, and does not wait for it any longer. @throws Undecided */
export async function withDeadline<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const end = new AbortController();
  try {
    return await waitedFor(work(end.signal), ms);
  } catch (error) {
    end.abort();
    throw error;
  }
}

/**
 * Waits for work that goes on when the wait ends.
 * @throws Undecided after so many milliseconds, the signal's reason when the caller gives up
 */
export function waitedFor<T>(work: Promise<T>, ms: number, signal?: AbortSignal | null): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal?.reason ?? new Error('aborted'));
    const timer = ms === Infinity ? undefined : setTimeout(() => reject(new Undecided()), ms);
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    };
    if (signal?.aborted) giveUp();
    signal?.addEventListener('abort', giveUp);
    work.then(resolve, reject).then(done, done);
  });
}
