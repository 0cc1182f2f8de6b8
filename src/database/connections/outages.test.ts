import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_GRACE_SECONDS, Outages } from './outages.js';

/** Answers at these seconds; a negative one is a look that failed then. */
function looks(...seconds: readonly number[]): Outages {
  const outages = new Outages();
  for (const each of seconds) {
    if (each < 0) outages.failed(-1_000 * each);
    else outages.answered(1_000 * each, 1_000 * each);
  }
  return outages;
}
const graceAt = (outages: Outages, second: number, grace = 60) => outages.graceOf(grace, 1_000 * second);

describe('the grace', () => {
  it.each([
    ['is as it was set while the database answers', looks(0, 1, 2, 3), 3, 60],
    ['is longer by what the database was away', looks(0, -1, 18, 19), 20, 78],
    ['is longer while the end of an outage is not known yet', looks(0, -1), 20, 80],
    ['is not longer for an outage that was over before it began', looks(0, -1, 18, 100), 100, 60],
    ['is longer by all of an outage that ended within it', looks(0, -1, 50, 100), 100, 110],
    ['is never longer than 300 seconds', looks(0, -1, 3_600), 3_601, MAX_GRACE_SECONDS],
  ])('%s', (_, outages, at, seconds) => {
    expect(graceAt(outages, at)).toBe(seconds);
  });

  it('is longer by what was refused after the question, though its answer was read later', () => {
    const outages = looks(0);
    outages.failed(17_000); // within the turn that asked at 10 and reads the answer at 18
    outages.answered(10_000, 10_000);
    outages.answered(19_000, 19_000);
    expect(graceAt(outages, 19)).toBe(60 + 10 + 9);
  });

  it('of 0 stays 0: a retry is then always a reuse', () => {
    expect(graceAt(looks(0, -1, 18), 18, 0)).toBe(0);
  });

  it('has as many seconds with a database as were set, or is 300 seconds long, whatever happened', () => {
    const happened = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 90 })), { maxLength: 30 });
    fc.assert(
      fc.property(happened, fc.integer({ min: 1, max: 300 }), (parts, grace) => {
        const outages = new Outages();
        const away: [number, number][] = [];
        let now = 1_000;
        outages.answered(1_000 * now, 1_000 * now);
        for (const [isAway, seconds] of parts) {
          if (isAway) {
            outages.failed(1_000 * now + 1);
            away.push([now, now + seconds]);
          }
          now += seconds;
          outages.answered(1_000 * now, 1_000 * now);
        }
        const window = graceAt(outages, now, grace);
        const from = now - window;
        const lost = away.reduce((sum, [since, until]) => sum + Math.max(0, until - Math.max(since, from)), 0);
        expect(window).toBeLessThanOrEqual(MAX_GRACE_SECONDS);
        const up = window - lost;
        expect(window < MAX_GRACE_SECONDS ? Math.abs(up - grace) : Math.max(0, up - grace)).toBeLessThan(1e-6);
      }),
    );
  });
});
