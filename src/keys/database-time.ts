// The database's time as this process knows it: what the database said last, plus what has passed
// since by a clock that nobody can set. Instances whose own clocks are wrong still agree on when a
// token expires.
import type { Clock } from '../clock.js';

/** When the database was asked, by the steady clock and by the process's own. */
export interface Asked {
  readonly at: number;
  readonly byClock: number;
}

export class DatabaseTime {
  private saidAt = new Date(0);
  private asked: Asked = { at: Number.NEGATIVE_INFINITY, byClock: Number.NEGATIVE_INFINITY };

  constructor(private readonly clock: Clock) {}

  now(): Date {
    return new Date(this.saidAt.getTime() + performance.now() - this.asked.at);
  }

  ask(): Asked {
    return { at: performance.now(), byClock: this.clock.now().getTime() };
  }

  /**
   * Counts from the question: an answer that came late, or that a sleeping machine found when it
   * woke, is as old as that. Of two answers the one that was asked for later holds.
   */
  confirm(now: Date, asked: Asked): void {
    if (asked.at < this.asked.at) return;
    this.saidAt = now;
    this.asked = asked;
  }

  /**
   * Both clocks count: the steady one stands still while a machine sleeps, the other one can be
   * set.
   */
  isOlderThan(ms: number): boolean {
    const passed = performance.now() - this.asked.at;
    return Math.max(passed, Math.abs(this.clock.now().getTime() - this.asked.byClock)) > ms;
  }

  /**
   * How far this machine's clock was ahead of the database's (negative: behind) when they were
   * compared last.
   */
  get skewSeconds(): number {
    return (this.asked.byClock - this.saidAt.getTime()) / 1_000;
  }
}
