// The database's time as this process knows it: what the database said last, plus what has passed
// since by a clock that nobody can set. Instances whose own clocks are wrong still agree on when a
// token expires.
import type { Clock } from '../clock.js';

export class DatabaseTime {
  private saidAt = new Date(0);
  private heardAt = Number.NEGATIVE_INFINITY;
  private heardByClock = Number.NEGATIVE_INFINITY;

  constructor(private readonly clock: Clock) {}

  now(): Date {
    return new Date(this.saidAt.getTime() + performance.now() - this.heardAt);
  }

  confirm(now: Date): void {
    this.saidAt = now;
    this.heardAt = performance.now();
    this.heardByClock = this.clock.now().getTime();
  }

  /**
   * Both clocks count: the steady one stands still while a machine sleeps, the other one can be
   * set.
   */
  isOlderThan(ms: number): boolean {
    const passed = performance.now() - this.heardAt;
    return Math.max(passed, Math.abs(this.clock.now().getTime() - this.heardByClock)) > ms;
  }

  /**
   * How far this machine's clock was ahead of the database's (negative: behind) when they were
   * compared last.
   */
  get skewSeconds(): number {
    return (this.heardByClock - this.saidAt.getTime()) / 1_000;
  }
}
