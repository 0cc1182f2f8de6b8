// What docs/scale.md reckons with: the numbers of users, pages and clients add up.
import { expect, describe, it } from 'vitest';
import { demandOf, sharesOfOneMachine } from '../bench/scale/demand.js';
import type { Cost, Measured } from '../bench/scale/measured.js';
import { returnWave } from '../bench/scale/return-wave.js';
import { seeded } from '../bench/scale/seeded.js';

const cost = (serviceMs: number): Cost => ({ serviceMs, loopMs: 0.5, postgresMs: 0.2, redisMs: 0.01, walBytes: 400 });
const measured: Measured = {
  date: '2026-11-28',
  machine: 'made up',
  refresh: cost(2),
  check: cost(0.1),
  coldCheck: cost(0.2),
  signIn: cost(12),
  logout: cost(2),
  tableBytes: 819.2,
  indexBytes: 200,
  pageImageBytes: 4_000,
  verdictBytes: 300,
};

describe('the reckoning of scale', () => {
  it('has a hundred million users refresh seventy thousand times a second, as one session of ten is in use', () => {
    const { sessions, refreshes, storedGB } = demandOf(100_000_000, measured);
    expect(sessions).toBe(500_000_000);
    expect(refreshes).toBeCloseTo(69_444, 0);
    expect(storedGB).toBeCloseTo(509.6, 1);
  });

  it('keeps the pages in memory that hold one session in use of ten rows, and every index', () => {
    const { hotGB } = demandOf(1_000_000, measured);
    expect(hotGB).toBeCloseTo(5 * (0.8192 * (1 - 0.9 ** 10) + 0.2), 3);
  });

  it('writes a whole page for the first of the refreshes of a page between two checkpoints', () => {
    const { pageImageShare } = demandOf(1, measured);
    const changes = (10 * 0.1 * 1_800) / 720;
    expect(pageImageShare).toBeCloseTo((1 - Math.exp(-changes)) / changes, 6);
  });

  it('asks for ten times as much of everything that is shared by ten times as many users', () => {
    const [some, many] = [demandOf(1_000_000, measured), demandOf(10_000_000, measured)];
    expect(many.walMBPerSecond / some.walMBPerSecond).toBeCloseTo(10, 6);
    expect(many.databaseCores / some.databaseCores).toBeCloseTo(10, 6);
    expect(sharesOfOneMachine(many)['memory of Redis']).toBeCloseTo(
      10 * (sharesOfOneMachine(some)['memory of Redis'] ?? 0),
      6,
    );
  });

  it('never runs on fewer than two instances and one database', () => {
    expect(demandOf(10, measured)).toMatchObject({ instances: 2, databases: 1 });
  });
});

describe('the simulated return of a database', () => {
  const instance = { perSecond: 50, refusalShare: 0.03 };

  it('never ends where nobody is refused: each answer comes after its client has left', () => {
    const course = returnWave({ outageSeconds: 120, busy: 0.6 }, { perSecond: 50 }, seeded(1));
    expect(course.secondsUntilServed).toBe(Infinity);
    expect(course.wastedShare).toBeGreaterThan(0.9);
  });

  it('wastes nothing where those are refused who would wait for too long', () => {
    const course = returnWave({ outageSeconds: 120, busy: 0.6 }, instance, seeded(1));
    expect(course.secondsUntilServed).toBeLessThan(300);
    expect(course.wastedShare).toBe(0);
  });

  it('serves each client once the database is there, and the later the busier it was', () => {
    const [calm, busy] = [0.4, 0.9].map((busy) => returnWave({ outageSeconds: 30, busy }, instance, seeded(1)));
    expect(calm?.secondsUntilServed).toBeLessThan(busy?.secondsUntilServed ?? 0);
    expect(calm?.mostTries).toBeGreaterThan(1);
  });

  it('lets nobody wait where nothing was away', () => {
    expect(returnWave({ outageSeconds: 0, busy: 0.5 }, instance, seeded(1))).toEqual({
      secondsUntilServed: 0,
      mostTries: 1,
      wastedShare: 0,
    });
  });

  it('is the same each time, so that the page only changes with what it reads', () => {
    const once = () => returnWave({ outageSeconds: 5, busy: 0.6 }, instance, seeded(7));
    expect(once()).toEqual(once());
  });
});
