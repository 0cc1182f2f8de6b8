/** Work that comes back: one round at a time, due by the clock or asked for, and waited for at the end. */
export class Periodic {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> | undefined;
  private isAskedAgain = false;
  /** For rounds that would go on for long: whoever is asked to end begins no new part. */
  isEnding = false;

  /** @param work one round; it reports its own failures */
  constructor(
    private readonly everyMs: number,
    private readonly work: () => Promise<void>,
  ) {}

  start(): void {
    this.timer = setInterval(() => {
      if (!this.round) this.ask();
    }, this.everyMs).unref();
  }

  /** Begins a round now; during one, another follows it. */
  ask(): void {
    this.isAskedAgain = this.round !== undefined;
    this.round ??= this.work().finally(() => {
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
}
