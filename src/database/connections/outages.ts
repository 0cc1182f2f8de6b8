// Knows for how long this instance could not reach the primary, so that the grace of a refresh can
// stand still meanwhile: a client that waited for us must not be taken for a thief.

/** A grace with everything that was added to it. REFRESH_GRACE_SECONDS allows no more, either. */
export const MAX_GRACE_SECONDS = 300;

/** By the database's clock, in milliseconds. */
interface Outage {
  readonly since: number;
  readonly until: number;
}

export class Outages {
  private past: Outage[] = [];
  private isAway = false;
  private failedAt = -Infinity;
  /** When the database answered last: by its own clock, and by ours. */
  private last: { readonly said: number; readonly at: number } | undefined;

  /** @param now what the database's clock said; @param askedAt when it was asked, by a steady clock of ours */
  answered(now: number, askedAt: number): void {
    if (this.isAway && this.last) this.past.push({ since: this.last.said, until: now });
    // A busy event loop reads the answer late: what has failed since the question lies after what the clock said.
    this.isAway = this.failedAt > askedAt;
    this.last = { said: now, at: askedAt };
    this.past = this.past.filter(({ until }) => until > now - 1_000 * MAX_GRACE_SECONDS);
  }

  /** The primary could not be reached. Counts from its last answer on. */
  failed(at = performance.now()): void {
    this.isAway = true;
    this.failedAt = at;
  }

  /**
   * @returns a window before now, in seconds, in which the primary could be reached for `seconds`:
   * what was rotated in it is within the grace. No grace stays none
   */
  graceOf(seconds: number, at = performance.now()): number {
    if (seconds === 0 || !this.last) return seconds;
    const now = this.last.said + at - this.last.at;
    const outages = this.isAway ? [...this.past, { since: this.last.said, until: now }] : this.past;
    let from = now - 1_000 * seconds;
    for (const { since, until } of outages.toReversed()) if (until > from) from -= Math.max(0, until - since);
    return Math.min(MAX_GRACE_SECONDS, (now - from) / 1_000);
  }
}
