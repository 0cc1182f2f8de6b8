// Time-outs of those who wait. AbortSignal.timeout and AbortSignal.any are missing in React Native.
import { Undecided } from './verdicts.js';

/**
 * Waits for work that goes on when the wait ends.
 * @throws Undecided after so many milliseconds, the signal's reason when the caller gives up
 */
export function waitedFor<T>(work: Promise<T>, ms: number, signal?: AbortSignal | null): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal?.reason);
    const timer = setTimeout(() => reject(new Undecided()), ms);
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    };
    if (signal?.aborted) giveUp();
    signal?.addEventListener('abort', giveUp);
    work.then(resolve, reject).then(done, done);
  });
}
