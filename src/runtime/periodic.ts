// Work that comes back: one round at a time, due by the clock or asked for, and waited for at the
// end.
import { reasonOf } from './reason.js';

export interface PeriodicOptions {
  readonly everyMs: number;
  /** The name of the log event for a round that failed. */
  readonly failureEvent: string;
  readonly log: { warn(entry: object): void };
}

export class Periodic {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> | undefined;
  private isAskedAgain = false;
  private hasFailed = false;
  /** A round with several parts begins no further part once this is true. */
  isEnding = false;

  /** @param work one round; a failure is logged once, and again after a round that succeeded */
  constructor(
    private readonly options: PeriodicOptions,
    private readonly work: () => Promise<void>,
  ) {}

  start(): void {
    this.timer = setInterval(() => {
      if (!this.round) this.ask();
    }, this.options.everyMs).unref();
  }

  /** Begins a round now; during a round, another follows it. */
  ask(): void {
    this.isAskedAgain = this.round !== undefined;
    this.round ??= this.runRound().finally(() => {
      this.round = undefined;
      if (this.isAskedAgain) this.ask();
    });
  }

  /** No new round begins; the one under way is waited for. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.isEnding = true;
    this.isAskedAgain = false;
    await this.round;
  }

  private async runRound(): Promise<void> {
    try {
      await this.work();
      this.hasFailed = false;
    } catch (error) {
      if (!this.hasFailed) this.options.log.warn({ event: this.options.failureEvent, reason: reasonOf(error) });
      this.hasFailed = true;
    }
  }
}
