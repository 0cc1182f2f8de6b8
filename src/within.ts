// How long is somebody else's answer waited for?

/** Nobody answered in time. */
export class NoAnswer extends Error {}

/** The work goes on; a late answer must do no harm. */
export function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new NoAnswer(`no answer within ${ms} ms`)), ms);
    work.then(done, fail).finally(() => clearTimeout(timer));
  });
}
