// Keeps the revoked set, at most a second old while somebody asks or follows. What cannot be read grows old, and is then
// no longer given out.
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { Refusal } from '../errors.js';
import { Endings } from '../revocation/endings.js';
import { reasonOf } from '../runtime/reason.js';
import { withTimeout } from '../runtime/with-timeout.js';
import { Log } from '../telemetry/log.js';
import { LIFE_SECONDS } from './feed-documents.js';
import { FeedMetrics } from './feed-metrics.js';
import { PacedReads } from './paced-reads.js';
import { type RevokedSet, RevokedSets } from './revoked-set.js';

/** However many follow. */
const EVERY_MS = 1_000;
/** After an act of this instance the set is read at once, but not more often than this. */
const AT_MOST_EVERY_MS = 200;
/** Whoever asks waits for a read no longer than this: what is known is then answered, with its time. */
const READ_WITHIN_MS = 2_000;

export interface Watcher {
  /** As long as it is so, the set is read each second, and at once when tokens end here. */
  isFollowed(): boolean;
  changed(): void;
}

@Injectable()
export class CurrentSet implements BeforeApplicationShutdown {
  private readonly reads = new PacedReads(AT_MOST_EVERY_MS, () => this.read());
  private known: { readonly set: RevokedSet; readonly beganAt: number } | undefined;
  private watcher: Watcher | undefined;
  /** Tokens have ended here since the last read began. */
  private hasNews = false;
  private isBlind = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sets: RevokedSets,
    private readonly log: Log,
    private readonly metrics: FeedMetrics,
    endings: Endings,
  ) {
    endings.listen(() => this.onEnding());
  }

  beforeApplicationShutdown(): void {
    clearTimeout(this.timer);
    this.watcher = undefined;
  }

  watchBy(watcher: Watcher): void {
    this.watcher = watcher;
  }

  /** Reads where what is known is too old. Never throws. */
  async catchUp(): Promise<void> {
    const read = this.hasNews ? this.reads.next() : this.reads.within(EVERY_MS);
    await withTimeout(READ_WITHIN_MS, read).catch(() => undefined);
  }

  /** As long as somebody follows. */
  keepReading(): void {
    if (this.timer !== undefined) return;
    const due = () => {
      this.timer = undefined;
      if (this.watcher?.isFollowed()) void this.reads.within(EVERY_MS).then(() => this.keepReading());
    };
    this.timer = setTimeout(due, Math.max(0, EVERY_MS - this.reads.age)).unref();
  }

  /** @throws Refusal `unavailable` when no read succeeded for as long as a document is good */
  get(): RevokedSet {
    const { ageSeconds } = this;
    if (this.known && ageSeconds !== undefined && ageSeconds < LIFE_SECONDS) return this.known.set;
    throw new Refusal('unavailable', { cause: new Error('the revoked set is not known') });
  }

  /** By the steady clock; undefined before the first read. */
  get ageSeconds(): number | undefined {
    return this.known && (performance.now() - this.known.beganAt) / 1_000;
  }

  /** The number of entries of each kind. */
  get sizes(): Readonly<Record<string, number>> {
    if (!this.known) return {};
    const { sids, jtis, subs, kids } = this.known.set;
    return { sids: sids.length, jtis: jtis.length, subs: Object.keys(subs).length, kids: kids.length };
  }

  /** What is known stays when a read fails. */
  private async read(): Promise<void> {
    this.hasNews = false;
    const beganAt = performance.now();
    try {
      const set = await this.sets.read();
      const isChanged = set.etag !== this.known?.set.etag;
      this.known = { set, beganAt };
      this.metrics.countRead(isChanged ? 'changed' : 'unchanged');
      if (this.isBlind) this.log.info({ event: 'feed.read_recovered' });
      this.isBlind = false;
      if (isChanged) this.watcher?.changed();
    } catch (error) {
      this.metrics.countRead('failed');
      if (!this.isBlind) this.log.warn({ event: 'feed.read_failed', reason: reasonOf(error) });
      this.isBlind = true;
    }
  }

  private onEnding(): void {
    this.hasNews = true;
    if (this.watcher?.isFollowed()) void this.reads.next();
  }
}
