// Measures how many requests a second an instance can answer. While it has less to do than it could, nobody knows: such
// a second may show that it can do more than was thought, but not that it can do less.

/** Until answers have been measured. */
const FIRST_GUESS = 200;
/** Long against the turns of a busy event loop, in which answers come in heaps. */
const PERIOD_MS = 1_000;
/** A single bad one, such as that in which a crowd arrives, changes nothing. */
const BUSY_PERIODS = 5;

export class ServiceRate {
  perSecond = FIRST_GUESS;
  private since = -Infinity;
  private answered = 0;
  private isBusy = false;
  /** Of the busy periods since the rate was last changed: how many, and the best. */
  private below = 0;
  private best = 0;

  /** @param now milliseconds of a clock that only goes forward */
  countAnswer(now: number): void {
    this.endPeriod(now);
    this.answered++;
  }

  /** The instance has as much to do as it can: somebody was refused, or has waited too long. */
  noteBusy(now: number): void {
    this.endPeriod(now);
    this.isBusy = true;
  }

  private endPeriod(now: number): void {
    const ms = now - this.since;
    if (ms < PERIOD_MS) return;
    const rate = (1_000 * this.answered) / ms;
    if (rate >= this.perSecond) this.change(rate);
    else if (this.isBusy) {
      this.best = Math.max(this.best, rate);
      if (++this.below === BUSY_PERIODS) this.change(this.best);
    }
    this.since = now;
    this.answered = 0;
    this.isBusy = false;
  }

  private change(perSecond: number): void {
    this.perSecond = perSecond;
    this.below = this.best = 0;
  }
}
