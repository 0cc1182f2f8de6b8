// Reads for many at once: one at a time, and never more often than the pace.
import { setTimeout as sleep } from 'node:timers/promises';

export class PacedReads {
  private beganAt = Number.NEGATIVE_INFINITY;
  private current: Promise<void> | undefined;
  private queued: Promise<void> | undefined;

  /** @param work one read */
  constructor(
    private readonly paceMs: number,
    private readonly work: () => Promise<void>,
  ) {}

  /** Milliseconds since the last read began. */
  get age(): number {
    return performance.now() - this.beganAt;
  }

  /** A read that begins after this call; callers that come before it begins share it. */
  next(): Promise<void> {
    this.queued ??= this.run();
    return this.queued;
  }

  /** A read that began at most so long ago, or the next one. */
  within(ms: number): Promise<void> {
    if (this.queued) return this.queued;
    return this.age < ms ? (this.current ?? Promise.resolve()) : this.next();
  }

  private async run(): Promise<void> {
    await this.current?.catch(() => undefined);
    if (this.age < this.paceMs) await sleep(this.paceMs - this.age);
    this.queued = undefined;
    this.beganAt = performance.now();
    this.current = this.work().finally(() => (this.current = undefined));
    await this.current;
  }
}
