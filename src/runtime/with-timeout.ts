// Waits for work for a limited time.

/** The other side did not answer in time. */
export class TimedOut extends Error {}

/**
 * Waits for `work` at most `ms` milliseconds. The work itself goes on: a late answer must do no
 * harm.
 * @throws TimedOut
 */
export function withTimeout<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new TimedOut(`no answer within ${ms} ms`)), ms);
    work.then(done, fail).finally(() => clearTimeout(timer));
  });
}
